package lyceum.models.ready;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.data.sounds.Sound;
import lyceum.format.Safetensors;
import lyceum.models.SavedModel;
import lyceum.models.audio.MelSpectrogram;
import lyceum.models.audio.Subtitles;
import lyceum.models.audio.Transcriber;
import lyceum.models.audio.TranscriberConfig;
import lyceum.models.audio.Whisper;
import lyceum.models.audio.WhisperConfig;
import lyceum.models.audio.WhisperTokens;
import lyceum.nn.Module;
import lyceum.nn.Skeleton;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A {@link Whisper} of a folder as Hugging Face publishes it: {@code config.json}, {@code model.safetensors} and {@code tokenizer.json}, whose added tokens say
 * which languages there are. How tokens are spelled is the caller's: a tokenizer's decoding.
 *
 * <pre>{@code
 * var model = WhisperModel.load(Path.of("whisper-tiny"));
 * var how = new TranscriberConfig().withSpelling(ids -> Arrays.toString(ids));   // a tokenizer's decode
 * String srt = model.transcribe(Wav.read(Path.of("a.wav")), how, Progress.SILENT).lines().srt();
 * }</pre>
 *
 * @param model with weights in F32
 * @param languages codes in the order of their tokens: {@code en}, {@code zh} and so on
 */
public record WhisperModel(Whisper model, List<String> languages) {
    private static final String CONFIG = "config.json", WEIGHTS = "model.safetensors", TOKENIZER = "tokenizer.json", BODY = "model.";
    private static final String BEGIN = "<|startoftranscript|>", TRANSLATE = "<|translate|>", NO_TIMES = "<|notimestamps|>";
    private static final int ENGLISH_ONLY = 50_256;
    private static final long MOST_TEXT = 64 << 20;

    public WhisperModel {
        Objects.requireNonNull(model, "model");
        languages = List.copyOf(languages);
        if (languages.size() != model.config().tokens().languages()) throw new FormatException(
                "WhisperModel: " + languages.size() + " languages; the model has " + model.config().tokens().languages());
    }

    /** @param language its code; null where nothing was said */
    public record Heard(String language, Subtitles lines) {}

    /** Whether a folder's configuration says that it holds one. */
    public static boolean isIn(Path folder) throws IOException {
        return Files.isRegularFile(folder.resolve(CONFIG)) && json(folder, CONFIG).path("model_type").asString("").equals("whisper");
    }

    /** @throws FormatException if a file is malformed, or the weights are not those of a Whisper: it lists what is missing or of another shape */
    public static WhisperModel load(Path folder) throws IOException {
        var config = json(folder, CONFIG);
        if (!config.path("model_type").asString("").equals("whisper"))
            throw new FormatException(CONFIG + ": model_type is " + config.path("model_type") + "; a Whisper's is \"whisper\"");
        var added = added(json(folder, TOKENIZER));
        var path = folder.resolve(WEIGHTS);
        if (!Files.isRegularFile(path)) throw new NoSuchFileException(path.toString(), null, "a Whisper's folder has it");
        var contents = Safetensors.read(path);
        contents.foreign().keySet().forEach(contents::get); // which says why it cannot be read
        var values = new LinkedHashMap<String, Tensor>();
        contents.tensors().forEach((name, value) -> {
            var own = name.startsWith(BODY) ? name.substring(BODY.length()) : name;
            if (!own.equals("proj_out.weight")) values.put(own, value.to(DType.F32)); // the table of tokens under another name
        });
        var shape = shape(values, config.path("encoder_attention_heads").asInt(0), added);
        var skeleton = Skeleton.of(() -> new Whisper(shape, Rng.of(0)));
        var wanted = new LinkedHashMap<String, Shape>();
        skeleton.state().forEach((name, value) -> wanted.put(name, value.shape()));
        SavedModel.requireSame(wanted, values);
        return new WhisperModel(Module.with(skeleton, values), languages(shape.tokens(), added));
    }

    private static JsonNode json(Path folder, String name) throws IOException {
        var path = folder.resolve(name);
        if (!Files.isRegularFile(path)) throw new NoSuchFileException(path.toString(), null, "a Whisper's folder has it");
        if (Files.size(path) > MOST_TEXT) throw new FormatException(name + ": " + Files.size(path) + " bytes; at most " + MOST_TEXT);
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(path));
        } catch (JacksonException e) {
            throw new FormatException(path + ": not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Numbers of the tokens that no text has, by name. */
    private static Map<String, Integer> added(JsonNode tokenizer) {
        var added = new LinkedHashMap<String, Integer>();
        for (var token : tokenizer.path("added_tokens")) added.put(token.path("content").asString(""), token.path("id").asInt(-1));
        for (var name : List.of(BEGIN, TRANSLATE, NO_TIMES))
            if (added.getOrDefault(name, -1) < 1) throw new FormatException(TOKENIZER + ": there is no added token " + name);
        return added;
    }

    /** Sizes are those of the tensors that are there, so that nothing larger is made. */
    private static WhisperConfig shape(Map<String, Tensor> values, int heads, Map<String, Integer> added) {
        Tensor words = matrix(values, "decoder.embed_tokens.weight"), places = matrix(values, "encoder.embed_positions.weight"),
                longest = matrix(values, "decoder.embed_positions.weight"), hidden = matrix(values, "encoder.layers.0.fc1.weight");
        for (var table : List.of(places, longest))
            if (table.size(1) != words.size(1)) throw new FormatException(
                    WEIGHTS + ": a table of positions is " + table.shape() + "; that of the tokens is " + words.shape() + ", of one width");
        var first = values.get("encoder.conv1.weight");
        if (first == null || first.rank() != 3) throw new FormatException(WEIGHTS + ": encoder.conv1.weight is missing");
        int text = added.get(BEGIN) - 1, none = added.get(NO_TIMES), languages = added.get(TRANSLATE) - added.get(BEGIN) - 1;
        if (text == ENGLISH_ONLY) throw new FormatException(
                TOKENIZER + ": its " + BEGIN + " is " + (text + 1) + ", that of the models of English alone; take one of many languages");
        int times = (int) words.size(0) - none - 1;
        try {
            var tokens = new WhisperTokens(text, languages, times);
            if (tokens.noTimestamps() != none) throw new IllegalArgumentException(NO_TIMES + " is " + none + " and not "
                    + tokens.noTimestamps() + ", with " + languages + " languages after " + (text + 1));
            return new WhisperConfig((int) first.size(1), (int) words.size(1), heads, (int) hidden.size(0), layers(values, "encoder"),
                    layers(values, "decoder"), (int) places.size(0), (int) longest.size(0), tokens, DType.F32);
        } catch (IllegalArgumentException e) {
            throw new FormatException("a Whisper's folder: " + e.getMessage(), e);
        }
    }

    private static Tensor matrix(Map<String, Tensor> values, String name) {
        var value = values.get(name);
        if (value == null || value.rank() != 2) throw new FormatException(WEIGHTS + ": " + name + " is missing, or no matrix");
        return value;
    }

    private static int layers(Map<String, Tensor> values, String part) {
        int n = 0;
        while (values.containsKey(part + ".layers." + n + ".fc1.weight")) n++;
        return n;
    }

    private static List<String> languages(WhisperTokens tokens, Map<String, Integer> added) {
        var names = new ArrayList<String>();
        for (int i = 0; i < tokens.languages(); i++) names.add("language " + i);
        added.forEach((name, id) -> {
            int number = id - tokens.language(0);
            if (number >= 0 && number < names.size()) names.set(number, name.replaceAll("^<\\||\\|>$", ""));
        });
        return names;
    }

    /** Number of a language. @throws IllegalArgumentException if the model does not know it */
    public int language(String code) {
        int number = languages.indexOf(code);
        if (number < 0)
            throw new IllegalArgumentException("the language " + code + " is unknown; there are " + String.join(", ", languages));
        return number;
    }

    /**
     * What is said in a sound of any rate and length.
     *
     * @param how with a spelling
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public Heard transcribe(Sound given, TranscriberConfig how, Progress progress) {
        var spelling = Objects.requireNonNull(how.spelling(), "spelling");
        SpeechModel.requireSpeech(given);
        var mel = new MelSpectrogram(16_000, 400, 160, model.config().bands());
        var segments = new Transcriber(model, mel, how).transcribe(given.mono().resampled(mel.rate()), Rng.of(1), progress);
        var lines = new ArrayList<Subtitles.Line>();
        for (var segment : segments) {
            var text = spelling.apply(segment.tokens()).strip();
            if (!text.isEmpty()) lines.add(new Subtitles.Line(segment.start(), Math.max(segment.start(), segment.end()), text));
        }
        return new Heard(segments.isEmpty() ? null : languages.get(segments.getFirst().window().language()), new Subtitles(lines));
    }
}
