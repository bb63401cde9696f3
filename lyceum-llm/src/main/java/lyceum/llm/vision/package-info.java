/** Language models that see. Start from {@link lyceum.llm.vision.VisionLanguageModel}. */
package lyceum.llm.vision;
