/**
 * Language models in few bits: weights rounded with regard to what goes into them ({@link lyceum.llm.quant.Gptq}, {@link lyceum.llm.quant.Awq}), and tuned
 * while they are stored in four bits ({@link lyceum.llm.quant.QLora}); keys and values in few bits ({@link lyceum.llm.quant.QuantizedKvCache}).
 */
package lyceum.llm.quant;
