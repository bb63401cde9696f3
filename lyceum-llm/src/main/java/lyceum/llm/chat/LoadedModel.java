package lyceum.llm.chat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.format.FolderDraft;
import lyceum.format.Gguf;
import lyceum.format.SafetensorsIndex;
import lyceum.llm.DecoderLM;
import lyceum.llm.checkpoint.GgufModel;
import lyceum.llm.checkpoint.GgufTokenizer;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.text.SentencePiece;
import lyceum.text.SpecialTokens.Role;
import lyceum.text.Tokenizer;
import lyceum.text.TokenizerPipeline;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A language model on disk with all that it takes to talk to it: a GGUF file, or a folder with {@code config.json}, safetensors, {@code tokenizer.json} or
 * {@code tokenizer.model}, and perhaps a chat template in {@code chat_template.jinja} or {@code tokenizer_config.json}.
 *
 * {@snippet :
 * var local = LoadedModel.open(Path.of("model.gguf"));
 * String answer = local.generator(lyceum.llm.generate.SamplingOptions.topP(0.9), 200).write("Once", Rng.of(1), _ -> {}).text();
 * var chat = local.chat().open(List.of(), ChatOptions.DEFAULT);
 * }
 *
 * @param ends ids that end a text: the tokenizer's, the model's, and those that {@code generation_config.json} and {@code config.json} list
 * @param template null if the files have none: the model goes on with texts and was not taught conversations
 */
public record LoadedModel(DecoderLM model, TokenizerPipeline tokenizer, Set<Integer> ends, ChatTemplate template) {
    private static final String TOKENIZER = "tokenizer.json", PIECES = "tokenizer.model", CONFIG = "tokenizer_config.json",
            TEMPLATE = "chat_template.jinja";

    public LoadedModel {
        var all = new TreeSet<>(ends);
        tokenizer.specials().id(Role.EOS).ifPresent(all::add);
        if (model.endMark() >= 0) all.add(model.endMark());
        ends = Collections.unmodifiableSet(all);
    }

    /** Ends as tokenizer and model say. */
    public LoadedModel(DecoderLM model, TokenizerPipeline tokenizer, ChatTemplate template) { this(model, tokenizer, Set.of(), template); }

    /** @throws FormatException if a file is malformed or of an unknown kind, or the tokenizer has more ids than the model */
    public static LoadedModel open(Path path) throws IOException {
        return checked(path, Files.isDirectory(path) ? folder(path) : file(path, GgufModel::read));
    }

    private static LoadedModel checked(Path path, LoadedModel opened) {
        int ids = opened.tokenizer.vocabulary().size();
        if (ids > opened.model.vocabulary())
            throw new FormatException(path + ": the tokenizer has " + ids + " ids, the model " + opened.model.vocabulary());
        return opened;
    }

    /** The same to predict with: layers and tokens of a file stay in its blocks, as {@link GgufModel#ready} says. */
    public static LoadedModel ready(Path path) throws IOException {
        return Files.isDirectory(path) ? open(path) : checked(path, file(path, GgufModel::ready));
    }

    private static LoadedModel file(Path path, Function<Gguf, DecoderLM> reader) throws IOException {
        var file = Gguf.read(path);
        var tokenizer = GgufTokenizer.read(file);
        var template = file.metadata().get("tokenizer.chat_template") instanceof String source
                ? JinjaChatTemplate.of(source, mark(tokenizer, Role.BOS), mark(tokenizer, Role.EOS)) : null;
        return new LoadedModel(reader.apply(file), tokenizer, template);
    }

    private static LoadedModel folder(Path path) throws IOException {
        TokenizerPipeline tokenizer;
        if (Files.exists(path.resolve(TOKENIZER))) tokenizer = TokenizerPipeline.read(path.resolve(TOKENIZER));
        else if (Files.exists(path.resolve(PIECES))) tokenizer = SentencePiece.read(path.resolve(PIECES));
        else throw new NoSuchFileException(path.toString(), null, "neither " + TOKENIZER + " nor " + PIECES);
        var config = path.resolve(CONFIG);
        var settings = Files.exists(config) ? Files.readString(config) : "{}";
        tokenizer = named(tokenizer, settings);
        ChatTemplate template = null;
        if (Files.exists(path.resolve(TEMPLATE)))
            template = JinjaChatTemplate.of(Files.readString(path.resolve(TEMPLATE)), mark(tokenizer, Role.BOS), mark(tokenizer, Role.EOS));
        else if (settings.contains("\"chat_template\"")) template = JinjaChatTemplate.read(settings);
        return new LoadedModel(ModelFolder.open(path).model(), tokenizer, ends(path), template);
    }

    private static Set<Integer> ends(Path folder) throws IOException {
        var ends = new TreeSet<Integer>();
        for (var name : List.of("generation_config.json", "config.json")) {
            if (!Files.exists(folder.resolve(name))) continue;
            try {
                var node = JsonMapper.shared().readTree(Files.readString(folder.resolve(name))).path("eos_token_id");
                for (var id : node.isArray() ? node.values() : List.of(node))
                    if (id.canConvertToInt() && id.isIntegralNumber()) ends.add(id.asInt());
            } catch (JacksonException e) {
                throw new FormatException(name + ": " + e.getOriginalMessage());
            }
        }
        return ends;
    }

    /** With the roles that the settings name, where the tokenizer's own file has none. */
    private static TokenizerPipeline named(TokenizerPipeline tokenizer, String settings) {
        try {
            var json = JsonMapper.shared().readTree(settings);
            var specials = tokenizer.specials();
            for (var role : List.of(Role.BOS, Role.EOS, Role.PAD, Role.UNK)) {
                var node = json.path(role.name().toLowerCase(Locale.ROOT) + "_token");
                var mark = node.isObject() ? node.path("content").asString("") : node.asString("");
                if (!specials.roles().containsKey(role) && specials.find(mark) != null) specials = specials.with(role, mark);
            }
            return specials == tokenizer.specials() ? tokenizer : new TokenizerPipeline(tokenizer.spec().withSpecials(specials));
        } catch (JacksonException e) {
            throw new FormatException(CONFIG + ": " + e.getOriginalMessage());
        }
    }

    private static String mark(Tokenizer tokenizer, Role role) { return tokenizer.specials().roles().getOrDefault(role, ""); }

    /** Writes model, tokenizer, its roles and a Jinja template as a folder; if the disk is full, what the folder held stays. @throws IllegalArgumentException if the family cannot say the configuration */
    public void write(Path folder, ModelFamily family) throws IOException {
        var settings = JsonMapper.shared().createObjectNode();
        tokenizer.specials().roles().forEach((role, mark) -> settings.put(role.name().toLowerCase(Locale.ROOT) + "_token", mark));
        if (template instanceof JinjaChatTemplate jinja) settings.put("chat_template", jinja.template().source());
        var old = SafetensorsIndex.weightsIn(folder);
        FolderDraft.write(folder, name -> name.equals(TEMPLATE) || old.contains(name), draft -> {
            ModelFolder.write(draft, model, family);
            tokenizer.write(draft.resolve(TOKENIZER));
            Files.writeString(draft.resolve(CONFIG), settings.toPrettyString() + "\n");
        });
    }

    /** Goes on with texts, up to one of the {@link #ends}. */
    public CausalGenerator generator(SamplingOptions sampling, int most) {
        return new CausalGenerator(model, tokenizer, sampling, new StopCriteria(most).withEnds(ends));
    }

    /** As a partner in a conversation. @throws IllegalStateException if it has no template */
    public CausalChatModel chat() {
        if (template == null) throw new IllegalStateException("the model has no chat template: it goes on with texts");
        return new CausalChatModel(model, tokenizer, template, ends);
    }
}
