/**
 * Fine-tuning with few parameters: {@link lyceum.train.peft.Peft} freezes a model and attaches what a {@link lyceum.train.peft.PeftMethod} asks for:
 * {@link lyceum.train.peft.Lora}, {@link lyceum.train.peft.BottleneckAdapter}, {@link lyceum.train.peft.PrefixTuning},
 * {@link lyceum.train.peft.PromptTuning}, {@link lyceum.train.peft.Ia3} or {@link lyceum.train.peft.BitFit}. An
 * {@link lyceum.train.peft.AdapterRegistry} serves many of them over one base; {@link lyceum.train.peft.RepresentationTuning} edits hidden states.
 */
package lyceum.train.peft;
