/** What a language model can do: finding what stands in a long text ({@link lyceum.llm.eval.NeedleInHaystack}). */
package lyceum.llm.eval;
