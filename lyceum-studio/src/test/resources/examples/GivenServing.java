package examples;

// imports

/** What the examples of training, serving and speculation leave to their readers, as {@link Given}. */
public abstract class GivenServing {
    public abstract static class Serving extends Given {
        public lyceum.llm.DecoderLM model;
        public lyceum.text.Tokenizer tokenizer;
        public lyceum.text.TokenizerPipeline pipeline;
        public int[] prompt, other;
        public List<int[]> prompts;
        public Path folder, other2;
        public Tensor ids, segment, hidden;
        public Pass pass;
        public Trainer trainer;
        public lyceum.llm.train.PackedText text, held, domain, general, calibration;
        public int endMark, steps;
    }

    public abstract static class ForDisaggregatedEngine extends Serving {}

    public abstract static class ForEngine extends Serving {}

    public abstract static class ForFleet extends Serving { public lyceum.serve.Engine first, second; }

    public abstract static class ForInferenceTuner extends Serving {}

    public abstract static class ForPagedKvCache extends Serving {
        public int[] ids;
        public lyceum.serve.schedule.BlockTable table;
    }

    public abstract static class ForReply extends Serving { public lyceum.serve.Engine engine; }

    public abstract static class ForGrammarConstraint extends Serving {}

    public abstract static class ForPrefixTree extends Serving {
        public lyceum.serve.schedule.BlockPool pool;
        public lyceum.serve.schedule.BlockTable table, table2;
        public int[] ids;
    }

    public abstract static class ForScheduler extends Serving {
        public double now;
        public int drawn;
    }

    public abstract static class ForFleetSimulation extends Serving { public List<lyceum.serve.simulate.Arrival> trace; }

    public abstract static class ForEagleDraft extends Serving {}

    public abstract static class ForLookaheadSource extends Serving {}

    public abstract static class ForMedusaHeads extends Serving {}

    public abstract static class ForSpeculativeDecoder extends Serving { public lyceum.llm.DecoderLM target, draft; }

    public abstract static class ForTreeDecoder extends Serving { public lyceum.serve.speculate.TreeSource heads; }

    public abstract static class ForTreeDecoding extends Serving {}

    public abstract static class ForVisionLanguageModel extends Serving {
        public lyceum.llm.DecoderLM language;
        public lyceum.llm.vision.PatchEncoder encoder;
        public int imageId;
        public Tensor pictures;
        public int[] question;
    }

    public abstract static class ForVisualInstructionTuning extends ForVisionLanguageModel {
        public List<lyceum.llm.vision.VisualInstructionTuning.Example> captions, conversations;
    }

    public abstract static class ForVisionChat extends Serving {
        public lyceum.llm.vision.VisionLanguageModel model;
        public Tensor picture, other;
    }

    public abstract static class ForPictureTiles extends Given { public Tensor picture; }

    public abstract static class ForModelDrafter extends Serving { public lyceum.llm.DecoderLM small; }

    public abstract static class ForTuningFolder extends Serving {}

    public abstract static class ForDepthConfig extends Serving { public TransformerConfig block; }

    public abstract static class ForMixtureOfDepths extends Serving {}

    public abstract static class ForEncoderDecoderLM extends Given { public List<int[]> sources, targets; }

    public abstract static class ForMemoryTransformer extends Serving {}

    public abstract static class ForSegmentedLM extends Given {
        public lyceum.llm.SegmentedLM<Tensor> model;
        public List<Tensor> segments;
        public int rows;
        public int[] text;
    }

    public abstract static class ForSwitchTransformer extends Serving {}

    public abstract static class ForTransformerXl extends Given {
        public lyceum.llm.TransformerXl.Memory memory;
        public Tensor segment, next;
        public int[] text;
    }

    public abstract static class ForGgufModel extends Serving { public Path other; }

    public abstract static class ForGgufTokenizer extends Serving { public Path other; }

    public abstract static class ForT5Checkpoint extends Serving { public Path other; }

    public abstract static class ForComputeFrontier extends Given { public List<lyceum.llm.eval.ScalingRun> runs; }

    public abstract static class ForScalingLaw extends ForComputeFrontier {}

    public abstract static class ForScalingLawFit extends ForComputeFrontier { public double[] parameters, losses; }

    public abstract static class ForRuler extends Serving { public lyceum.llm.eval.Ruler.Reader reader; }

    public abstract static class ForContinuedPretraining extends Serving { public List<lyceum.llm.eval.ScoredText> probes; }

    public abstract static class ForLayerPruner extends Serving {
        public abstract double loss(lyceum.llm.DecoderLM model, Object calibration);

        public abstract void tune(lyceum.llm.DecoderLM model, int steps);
    }

    public abstract static class ForLongContextRecipe extends Serving { public List<int[]> documents; }

    public abstract static class ForLongContextTrainer extends Serving { public lyceum.llm.train.LongContextRecipe recipe; }

    public abstract static class ForScalingSweep extends Serving { public List<DecoderConfig> sizes; }

    public abstract static class ForSpanCorruption extends Given { public int[] ids; }

    public abstract static class ForTokenizationStudy extends Serving {
        public lyceum.text.Tokenizer bpe;
        public List<String> train, held;
    }

    public abstract static class ForVocabularyExtension extends Serving {
        public lyceum.text.TokenizerPipeline tokenizer;
        public List<String> texts;
    }
}
