/**
 * Language models in few bits: weights rounded with regard to what goes into them ({@link lyceum.llm.quant.Gptq}, {@link lyceum.llm.quant.Awq}), and tuned
 * while they are stored in four bits ({@link lyceum.llm.quant.QLora}).
 */
package lyceum.llm.quant;
