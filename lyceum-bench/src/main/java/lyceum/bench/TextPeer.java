package lyceum.bench;

import java.util.Optional;
import java.util.function.ToIntFunction;

/** Tokenizers of others in this process; there with Maven's profile {@code peers}. */
interface TextPeer {
    /** Hugging Face's through DJL, which gives ids and offsets: the number of tokens of a text. @param json a tokenizer.json */
    ToIntFunction<String> huggingFace(byte[] json);

    /** jtokkit's, which gives ids alone. @param encoding such as cl100k_base */
    ToIntFunction<String> jtokkit(String encoding);

    /** The ranks that jtokkit brings, as a .tiktoken file. */
    byte[] ranks(String encoding);

    static Optional<TextPeer> find() {
        try {
            return Optional.of((TextPeer) Class.forName("lyceum.bench.JvmTokenizers").getDeclaredConstructor().newInstance());
        } catch (ReflectiveOperationException e) {
            return Optional.empty();
        }
    }
}
