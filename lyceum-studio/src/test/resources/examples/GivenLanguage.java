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
}
