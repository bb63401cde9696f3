package lyceum.llm.vision;

/** How what is seen gets into a language model. */
public enum Connector {
    /** A linear layer for each patch, whose vectors stand among the text's (Liu et al. 2023). */
    LINEAR,
    /** Two linear layers with GELU between (Liu et al. 2024). */
    MLP,
    /** Before each block of the language model a gated look at the picture that came last (Alayrac et al. 2022). */
    CROSS_ATTENTION,
    /** Nothing: the encoder already gives vectors of the language model's width, as a {@link PatchProjection} does. */
    EARLY_FUSION
}
