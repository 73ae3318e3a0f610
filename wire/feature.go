package wire

import (
	"strconv"
	"strings"
)

// Features is the set of feature bits that a peer offers, or requires. What a session has is the
// intersection of what both sides offer.
//
// Bits were used again after the feature that had them retired. A feature of a later incarnation
// therefore counts only if the bits that mark its incarnation are set too: that is its mask.
type Features uint64

const (
	incarnation2 = Features(1) << 57              // SERVER_JEWEL
	incarnation3 = incarnation2 | Features(1)<<28 // SERVER_MIMIC
	bits33       = Features(1)<<33 - 1            // what RESERVED_BROKEN stands for
)

// Feature masks that the messenger itself asks for. Test with Features.Has.
const (
	FeatureNoSrcAddr    = Features(1) << 1 // message headers carry no addresses
	FeatureReconnectSeq = Features(1) << 6 // SEQ instead of READY on a reconnect
	// footers carry a signature; first sequence numbers are random
	FeatureMsgAuth        = Features(1) << 23
	FeatureMsgrKeepalive2 = Features(1) << 42 // KEEPALIVE2 with time stamps
	FeatureMsgAddr2       = Features(1) << 59 // ADDR2 encoding inside payloads
	FeatureCephxV2        = Features(1) << 61 // authorizer challenge and the newer signature
)

// FeaturesSupported is what this messenger offers unless told otherwise: the set of Ceph 14.2, the
// last release with a SimpleMessenger. Most of these bits speak of payloads, which the messenger
// carries without looking inside.
const FeaturesSupported Features = 0x3ffddff8ffecffff

// FeatureInfo describes one feature.
type FeatureInfo struct {
	Name        string
	Bit         int
	Incarnation int
	// Mask is the bit itself and those that mark its incarnation.
	Mask Features
	// Retired is set for a feature that no current release offers any more; its bit may have a new
	// meaning.
	Retired bool
}

// Has reports whether all bits of mask are in f.
func (f Features) Has(mask Features) bool { return f&mask == mask }

// Missing returns the bits of required that f lacks.
func (f Features) Missing(required Features) Features { return required &^ f }

// Sanitize undoes an accident of Ceph 0.58 to 0.65: bit 63 alone stood for the bits 0 to 32.
func (f Features) Sanitize() Features {
	if f&(1<<63) != 0 {
		return bits33
	}
	return f
}

// String returns the set in hexadecimal.
func (f Features) String() string { return "0x" + strconv.FormatUint(uint64(f), 16) }

// Names returns the name of each set bit, lowest first: of the newest incarnation whose mask is
// set, and "bit N" for a bit without a name. Features that share bit and incarnation are joined by
// a slash.
func (f Features) Names() []string {
	var names []string
	for bit := range 64 {
		if f&(1<<bit) == 0 {
			continue
		}
		best := 0
		var found []string
		for _, info := range featureTable {
			if info.Bit != bit || !f.Has(info.Mask) || info.Incarnation < best {
				continue
			}
			if info.Incarnation > best {
				best, found = info.Incarnation, nil
			}
			found = append(found, info.Name)
		}
		if found == nil {
			found = []string{"bit " + strconv.Itoa(bit)}
		}
		names = append(names, strings.Join(found, "/"))
	}
	return names
}

// LookupFeature returns the feature of that name.
func LookupFeature(name string) (FeatureInfo, bool) {
	for _, info := range featureTable {
		if info.Name == name {
			return info, true
		}
	}
	return FeatureInfo{}, false
}

// AllFeatures returns the table of known features, in the order of bits and incarnations.
func AllFeatures() []FeatureInfo { return append([]FeatureInfo(nil), featureTable...) }
