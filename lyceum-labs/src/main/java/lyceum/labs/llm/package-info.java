/** Labs of language models and of what is done with their weights. */
package lyceum.labs.llm;
