package examples;

// imports

/** What the examples of generation leave to their readers, as {@link Given}. */
public abstract class GivenGeneration {
    public abstract static class Writing extends GivenText.Reading {
        public lyceum.llm.CausalLM model;
        public lyceum.text.Tokenizer tokenizer;
        public int[] prompt;
        public List<int[]> prompts;
        public lyceum.llm.generate.CausalGenerator generator;
        public lyceum.llm.ContinuationScorer verifier;
        public lyceum.llm.generate.TestTimeScaling large;
        public lyceum.llm.generate.MeteredLM meterOfLarge;
        public java.util.function.BiPredicate<int[], lyceum.llm.Continuation> isRight;
        public double[] rewards;
    }

    public abstract static class ForCausalGenerator extends Writing {}

    public abstract static class ForCausalBeams extends Writing {}

    public abstract static class ForBestOfN extends Writing {}

    public abstract static class ForTestTimeScaling extends Writing {}

    public abstract static class ForSteppedLM extends GivenText.Reading {}
}
