package main

import (
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/decode"
)

func newDecodeCommand() *cobra.Command {
	var options decode.Options
	cmd := &cobra.Command{
		Use:   "decode FILE",
		Short: "Take a recorded conversation apart, frame by frame and field by field",
		Long: `decode prints what two messengers said to each other over protocol v1.

FILE is a packet capture (pcap or pcapng, also compressed by gzip; all connections in it are decoded) or hexadecimal text such as the
output of xxd, which stands for what one side has sent, from its banner or from the start of a frame on.
"-" is the standard input, of whichever of these.

A frame is a line with its time and packet, its direction (> from the side that connected, < from the side that
listened), its name, its offset and size in the stream, and a summary. Its fields follow, with their offset and
size in the frame. The last line counts: decode: connections N, frames N, malformed N.

The exit status is 1 if anything malformed was found: a frame that a peer must not send, such as one with a wrong
checksum or an unknown tag. Frames that the recording lacks a part of do not count.`,
		Example: `  simplemsgr decode session.pcap
  simplemsgr decode --brief --connection 3 session.pcap
  simplemsgr decode --json session.pcap | jq 'select(.name == "CONNECT")'
  tcpdump -i lo -U -w - tcp port 6789 | simplemsgr decode -
  xxd stream.bin | simplemsgr decode -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			options.Color = isTerminal(out)
			summary, err := decode.File(cmd.Context(), out, args[0], options)
			if err == nil && summary.Malformed > 0 {
				return errReported
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&options.JSON, "json", false, "print one JSON object a line")
	flags.BoolVar(&options.Brief, "brief", false, "print one line a frame, without the fields")
	flags.BoolVar(&options.HexDump, "hex", false, "print the bytes of each frame too")
	flags.IntVar(&options.Connection, "connection", 0,
		"decode only the connection with this number")
	return cmd
}
