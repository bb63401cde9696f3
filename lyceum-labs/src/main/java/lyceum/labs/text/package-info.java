/** Labs about text: tokens, counts, language models, vectors and search. */
package lyceum.labs.text;
