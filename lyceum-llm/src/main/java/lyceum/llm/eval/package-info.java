/** How good language models are: {@link lyceum.llm.eval.Perplexity} under one protocol for every model, comparable between tokenisations. */
package lyceum.llm.eval;
