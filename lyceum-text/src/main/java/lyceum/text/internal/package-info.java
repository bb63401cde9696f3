/** What tokenizers work with: UTF-8, aligned bytes, tables, the matcher of patterns. Not public API. */
package lyceum.text.internal;
