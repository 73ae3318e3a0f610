// Package pages is the documentation as data: pages, their sections, words of the glossary, search,
// and text for a terminal. It knows as much of Markdown as the pages of docs use: headings,
// paragraphs, lists, tables, code, links, emphasis.
package pages
