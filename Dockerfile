# The command in an image of its own: one static program, no shell, no root.
#
#   docker build -t simplemsgr --build-arg VERSION=v0.1.0 .
#   docker run --rm simplemsgr demo
#   docker run --rm -p 6800:6800 simplemsgr serve --bind 0.0.0.0:6800 --announce HOST:6800
#   docker run --rm -v /etc/ceph:/etc/ceph:ro --user 0:0 simplemsgr status
#
# The last one needs a user that may read the keyring.
ARG GO_VERSION=1.26

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-bookworm AS build
ARG TARGETOS
ARG TARGETARCH
ARG VERSION
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X main.release=$VERSION" -o /out/simplemsgr ./cmd/simplemsgr

FROM scratch
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /out/simplemsgr /usr/bin/simplemsgr
USER 65532:65532
EXPOSE 6800
ENTRYPOINT ["/usr/bin/simplemsgr"]
CMD ["--help"]
