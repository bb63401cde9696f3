/** Labs about language models: families, weights, generation, chat, caches, quantisation, training. */
package lyceum.labs.llm;
