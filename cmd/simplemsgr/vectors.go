package main

import (
	"fmt"
	"os"

	"github.com/pkg/errors"
	"github.com/spf13/cobra"

	"simplemessenger/internal/command/vectors"
	golden "simplemessenger/testdata/vectors"
)

func newVectorsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vectors",
		Short: "Check, print or write out the golden vectors of the wire format",
		Long: `vectors is for those who implement protocol v1 in another language: bytes that Ceph's daemons have sent, with
what they mean, as JSON. There are single structures, credentials with their keys, signatures, whole handshakes, and
whole sessions in both directions.

They are a part of this program: export writes them out, with README.md, which explains them, and schema.json, a JSON
Schema of all files.`,
		Example: `  simplemsgr vectors export vectors
  simplemsgr vectors verify
  simplemsgr vectors print connect_reply`,
		Args: cobra.NoArgs,
		// Who asks for nothing gets the help; with this, who asks for what there is not is told.
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newVectorsVerifyCommand(), newVectorsPrintCommand(), newVectorsExportCommand())
	return cmd
}

func newVectorsVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify [DIR]",
		Short: "Check vectors with this library: decode to the fields, encode to the bytes",
		Long: `verify decodes the bytes of each vector and compares the fields, and encodes the fields and compares the bytes. Of
conversations it checks too what follows from one piece to another: offsets, lengths, sequence numbers, acks, the
size of footers, signatures.

Without DIR the vectors of this program are checked, and with it those of the files *.json in DIR: a way to see
whether vectors that another implementation has written are what this one understands.

The last line counts: N vectors, N ok, N wrong. The exit status is 1 if any is wrong.`,
		Example: `  simplemsgr vectors verify
  simplemsgr vectors verify testdata/vectors`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := vectors.Read(golden.Files)
			if len(args) > 0 {
				files, err = vectors.Read(os.DirFS(args[0]))
				err = errors.WithMessage(err, args[0])
			}
			if err != nil {
				return err
			}
			wrong, err := vectors.Verify(cmd.OutOrStdout(), files)
			if err == nil && wrong > 0 {
				return errReported
			}
			return err
		},
	}
}

func newVectorsPrintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "print [FILE|NAME]",
		Short: "Print vectors for people: offsets, fields and bytes",
		Long: `print writes each vector with its fields, their offset and size where they are one behind the other, and its bytes. In
conversations > is what the side that connected has said, < the other one, with offset and size in what that side says.

The word is a file, such as handshake, a structure, such as connect, or a part of a vector's name.`,
		Example: `  simplemsgr vectors print connect_reply
  simplemsgr vectors print "14.2.21, from mon, cephx, lossless: CHALLENGE_AUTHORIZER, SEQ"
  simplemsgr vectors print BADPROTOVER`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := vectors.Read(golden.Files)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				if files = vectors.Choose(files, args[0]); len(files) == 0 {
					return errors.Errorf("there is no file, structure or name %q", args[0])
				}
			}
			return vectors.Print(cmd.OutOrStdout(), files)
		},
	}
}

func newVectorsExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR",
		Short: "Write the vectors, their schema and README.md into a directory",
		Long: `export writes all files into DIR, which is made if it is not there. It does not write over files.

The last line counts: vectors: wrote N files.`,
		Example: `  simplemsgr vectors export vectors`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := vectors.Export(golden.Files, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "vectors: wrote %d files into %s\n", n, args[0])
			return errors.WithStack(err)
		},
	}
}
