import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.EncodingType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.text.Given;
import lyceum.text.Hashes;
import lyceum.text.RandomTexts;

/**
 * Hashes of the ids that Hugging Face tokenizers (through DJL) and jtokkit give, a hash for a hundred texts.
 *
 * java -cp (test class path of lyceum-text):(djl api, djl tokenizers, gson, slf4j-api, jtokkit) tools/golden/TextIds.java TOKENIZER.JSON OUT.JSON
 */
public class TextIds {
    public static void main(String[] args) throws Exception {
        var out = new StringBuilder("{\n\"reference\": \"ai.djl.huggingface:tokenizers 0.36.0, com.knuddels:jtokkit 1.1.0\"");
        var random = RandomTexts.of(21, 10_000);
        var brown = Given.brownSentences().subList(0, 10_000);
        try (var hf = HuggingFaceTokenizer.newInstance(Path.of(args[0]), Map.of("truncation", "false", "padding", "false"))) {
            Function<String, int[]> ids = text -> {
                long[] all = hf.encode(text, true, false).getIds();
                var some = new int[all.length];
                for (int i = 0; i < some.length; i++) some[i] = (int) all[i];
                return some;
            };
            // literal control strings are control tokens to the reference and text to us: they are left out of these strings
            put(out, "minilm.kjv", Given.verses(), ids);
            put(out, "minilm.brown", brown, ids);
            put(out, "minilm.random", random.stream().map(TextIds::plain).toList(), ids);
        }
        var registry = Encodings.newDefaultEncodingRegistry();
        for (var type : new EncodingType[] {EncodingType.R50K_BASE, EncodingType.P50K_BASE, EncodingType.CL100K_BASE,
                EncodingType.O200K_BASE}) {
            var encoding = registry.getEncoding(type);
            put(out, type.getName() + ".brown", Given.brownSentences(), text -> encoding.encodeOrdinary(text).toArray());
        }
        Files.writeString(Path.of(args[1]), out.append("\n}\n").toString());
    }

    static String plain(String text) { return text.replace("[CLS]", "").replace("[MASK]", ""); }

    private static void put(StringBuilder out, String name, List<String> texts, Function<String, int[]> ids) {
        var quoted = new ArrayList<String>();
        for (var hash : Hashes.of(texts, ids)) quoted.add("\"" + hash + "\"");
        out.append(",\n\"").append(name).append("\": [").append(String.join(", ", quoted)).append("]");
    }
}
