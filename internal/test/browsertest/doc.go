// Package browsertest has only tests: the page of `simplemsgr conform --html` and the live page in
// a real browser. By mouse and by keyboard, wide and narrow, light and dark, with what a hostile
// messenger says in it, and under the eyes of axe-core (folder axe, which has its license). Where
// there is no Chromium they are skipped by name.
//
// With -screenshots DIR it leaves pictures of the page for people to look at.
package browsertest
