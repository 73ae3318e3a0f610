package wire

// Banner is what each side says first: nine bytes, no terminator.
const Banner = "ceph v027"

// BannerSize is the length of Banner in bytes.
const BannerSize = len(Banner)

// BannerV2Prefix starts the banner of a peer that speaks messenger protocol v2 (msgr2) on this
// port.
const BannerV2Prefix = "ceph v2\n"

// AppendBanner appends the banner to b.
func AppendBanner(b []byte) []byte { return append(b, Banner...) }

// DecodeBanner checks that b starts with the banner of protocol v1.
func DecodeBanner(b []byte) error {
	n := min(len(b), BannerSize)
	for i := range n {
		if b[i] != Banner[i] {
			if len(b) >= len(BannerV2Prefix) && string(b[:len(BannerV2Prefix)]) == BannerV2Prefix {
				return invalidError("banner", "version", i,
					"%q is the banner of msgr2, this is protocol v1 (%q)", BannerV2Prefix, Banner)
			}
			return invalidError("banner", "text", i, "%q, want %q", b[:n], Banner)
		}
	}
	if n < BannerSize {
		return shortError("banner", "text", 0, BannerSize, len(b))
	}
	return nil
}
