package examples;

// imports

/** What the examples of language models and retrieval leave to their readers, as {@link Given}. */
public abstract class GivenLanguage {
    public abstract static class Decoders extends Given {
        public DecoderLM model, tuned, large;
        public Tokenizer tokenizer;
        public CausalGenerator generator;
        public int[] prompt, ids;
        public List<int[]> texts, prompts, validation, heldOut;
        public int vocabulary;
        public Path folder, other, directory;
        public String json;
        public Tensor labels, ids1;
        public Pass pass;
    }

    public abstract static class ForCausalLM extends Decoders {}

    public abstract static class ForDecoderLM extends Decoders { public Tensor ids; }

    public abstract static class ForRecurrentLM extends Decoders { public Embedding embedding; }

    public abstract static class ForModelFamily extends Decoders {}

    public abstract static class ForModelFolder extends Decoders {}

    public abstract static class ForRememberingLM extends Decoders {}

    public abstract static class Chats extends Decoders {
        public List<ChatMessage> messages;
        public List<List<ChatMessage>> dialogues;
        public List<ChatTuning.Preference> pairs;
        public List<HierarchyDialogues.Question> questions;
    }

    public abstract static class ForCausalChatModel extends Chats {}

    public abstract static class ForChatModel extends Chats { public ChatModel model; }

    public abstract static class ForChatTuning extends Chats {}

    public abstract static class ForHierarchyDialogues extends Chats {}

    public abstract static class ForJinjaChatTemplate extends Chats {}

    public abstract static class Weights extends Given { public SequencedMap<String, Tensor> base, first, second, third; }

    public abstract static class Quantised extends Decoders {
        public Linear q, k;
        public List<Tensor> batches;
        public Loss loss;
    }

    public abstract static class ForMoeConfig extends Given { public TransformerConfig llama; }

    public abstract static class ForSequenceLayout extends Given {
        public TransformerDecoder decoder;
        public Pass pass;
    }

    public abstract static class ForElmo extends Decoders {
        public int tags;
        public List<String> words;
    }

    public abstract static class ForNeuralLanguageModel extends Decoders { public lyceum.text.lm.LanguageModel kneserNey; }

    public abstract static class ForMixtureLanguageModel extends Decoders { public lyceum.text.lm.LanguageModel network, trigram; }

    public abstract static class ForNeuralProbabilisticLanguageModel extends ForMixtureLanguageModel {}

    public abstract static class Sentences extends Given {
        public List<List<String>> sentences;
        public java.util.stream.Stream<String> lines;
        public List<FastTextClassifier.Labelled> texts;
    }

    public abstract static class ForFastText extends Sentences {}

    public abstract static class ForFastTextClassifier extends Sentences {}

    public abstract static class ForSemanticSpace extends Sentences { public DocumentTermMatrix counts; }

    public abstract static class ForCheckpointLineage extends Decoders { public Path base, chat; }

    public abstract static class ForIvfPq extends Given { public float[][] sample; }

    public abstract static class ForJudgedRanking extends Given { public List<SearchHit> hits; }

    public abstract static class ForVectorStore extends Decoders {}

    public abstract static class Encoders extends Given {
        public Bert bert;
        public BertConfig config;
        public Path file;
        public String json;
        public int[] sentence;
        public Tensor ids, types, follows;
        public Attention padded;
        public Masking.Batch masked;
        public int epoch;
    }

    public abstract static class ForBert extends Encoders {}

    public abstract static class ForBertPretraining extends Encoders {}

    public abstract static class ForBertTask extends Encoders {}

    public abstract static class ForMaskedLM extends Encoders {}

    public abstract static class ForMasking extends Given {
        public int[] ids;
        public int epoch;
    }

    public abstract static class ForPromptedTask extends Decoders {
        public List<PromptedTask.Example> demonstrations;
        public int[] question;
        public List<int[]> answers;
    }

    public abstract static class ForTaskDecoder extends Decoders { public DecoderLM pretrained; }

    public abstract static class ForAttentionSinks extends Given {
        public DecoderLM model;
        public Tensor ids;
    }

    public abstract static class ForContextWindow extends Chats { public String text; }

    public abstract static class ForKvCompression extends Decoders {}

    public abstract static class ForStreamingCache extends Decoders { public Tensor tokens; }

    public abstract static class ForKvQuantization extends Decoders {}

    public abstract static class ForNeedleInHaystack extends Decoders {
        public int[] hay;
        public NeedleInHaystack.Needle needle;
    }

    public abstract static class ForPerplexity extends Decoders { public List<String> verses; }

    public abstract static class ForPackedText extends Decoders { public int endMark; }

    public abstract static class ForPretrainer extends Decoders {
        public PackedText text, held;
        public long heldBytes;
    }

    public abstract static class ForSwitchTransformer extends Decoders { public Tensor ids; }

    public abstract static class ForMixtureOfDepths extends Decoders { public Tensor ids, hidden; }

    public abstract static class ForDepthConfig extends Decoders { public TransformerConfig block; }

    public abstract static class ForCompressedSparseAttention extends Decoders {}

    public abstract static class ForSpanCorruption extends Decoders {}

    public abstract static class ForEncoderDecoderLM extends Decoders { public List<int[]> sources, targets; }

    public abstract static class ForT5Checkpoint extends Decoders {}

    public abstract static class ForSegmentedLM extends Decoders {
        public TransformerXl model;
        public Tensor[] segments;
        public int[] text;
    }

    public abstract static class ForTransformerXl extends Decoders {
        public Tensor segment, next;
        public TransformerXl.Memory memory;
        public int[] text;
    }

    public abstract static class ForMemoryTransformer extends Decoders { public Tensor ids, segment; }
}
