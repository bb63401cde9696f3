/**
 * Published decoders on disk: a folder of {@code config.json} and safetensors is a {@link lyceum.llm.checkpoint.ModelFolder}, a GGUF file a {@link lyceum.llm.checkpoint.GgufModel}, and how each
 * {@link lyceum.llm.checkpoint.ModelFamily} writes its configuration and names its tensors stands there. {@link lyceum.llm.checkpoint.T5Checkpoint} is for encoder-decoders.
 */
package lyceum.llm.checkpoint;
