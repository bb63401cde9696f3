package lyceum.bench;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.knuddels.jtokkit.Encodings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.function.ToIntFunction;

/** Hugging Face tokenizers (DJL 0.36) and jtokkit 1.1.0. */
final class JvmTokenizers implements TextPeer {
    @Override public ToIntFunction<String> huggingFace(byte[] json) {
        System.setProperty("TOKENIZERS_PARALLELISM", "false");
        try {
            var tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json),
                    Map.of("truncation", "false", "padding", "false"));
            return text -> {
                var encoding = tokenizer.encode(text);
                return encoding.getIds().length + (encoding.getCharTokenSpans().length - encoding.getIds().length);
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public ToIntFunction<String> jtokkit(String encoding) {
        var own = Encodings.newLazyEncodingRegistry().getEncoding(encoding).orElseThrow();
        return text -> own.encodeOrdinary(text).size();
    }

    @Override public byte[] ranks(String encoding) {
        try (var in = Encodings.class.getResourceAsStream("/com/knuddels/jtokkit/" + encoding + ".tiktoken")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
