/** Labs of text: tokens, words, language models, vectors and retrieval. */
package lyceum.labs.text;
