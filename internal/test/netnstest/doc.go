// Package netnstest puts two messengers on two hosts, which are network namespaces joined by a
// virtual cable, and makes the network between them lose packets and fall apart. Its tests need
// Linux, root, and the commands ip and nft; elsewhere they skip.
package netnstest
