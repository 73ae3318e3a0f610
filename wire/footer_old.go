package wire

// FooterOldSize is the encoded size of a Footer in bytes when the session lacks the feature
// MSG_AUTH.
const FooterOldSize = 13

// AppendOld appends the encoding of f without its signature (ceph_msg_footer_old) to b:
//
//	offset size field
//	     0    4 front_crc
//	     4    4 middle_crc
//	     8    4 data_crc
//	    12    1 flags
func (f *Footer) AppendOld(b []byte) []byte { return append(f.appendCRCs(b), byte(f.Flags)) }

// DecodeOld reads the form that AppendOld writes from the front of b into f; the signature becomes
// 0.
func (f *Footer) DecodeOld(b []byte) error {
	if len(b) < FooterOldSize {
		return shortError("message_footer_old", "flags", 12, FooterOldSize, len(b))
	}
	f.decodeCRCs(b)
	f.Signature = 0
	f.Flags = FooterFlags(b[12])
	return nil
}
