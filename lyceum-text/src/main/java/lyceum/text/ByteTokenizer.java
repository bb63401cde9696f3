package lyceum.text;

import java.nio.charset.StandardCharsets;
import lyceum.text.internal.ByteAlphabet;
import lyceum.text.internal.Utf8;

/** A token a byte of UTF-8: 256 ids, nothing unknown, decoding gives the text back. Tokens are spelled in GPT-2's visible alphabet. */
public final class ByteTokenizer implements Tokenizer {
    private static final Vocabulary BYTES = bytes();

    private static Vocabulary bytes() {
        var builder = new Vocabulary.Builder();
        for (int b = 0; b < 256; b++) builder.add(String.valueOf(ByteAlphabet.character((byte) b)));
        return builder.build();
    }

    @Override public Vocabulary vocabulary() { return BYTES; }

    @Override public SpecialTokens specials() { return SpecialTokens.NONE; }

    @Override public void tokenize(String text, Controls controls, TokenBuffer out) {
        byte[] b = Utf8.bytes(text);
        for (int i = 0; i < b.length; i++) out.add(b[i] & 0xFF, i, i + 1, 0);
    }

    @Override public byte[] bytes(int id) { return ByteAlphabet.bytes(BYTES.token(id)); }

    @Override public int settled(String beginning, Controls controls) { return beginning.length(); }

    @Override public boolean decodesApart() { return true; }

    @Override public String decode(int[] ids, boolean skipSpecials) {
        var b = new byte[ids.length];
        for (int i = 0; i < b.length; i++) b[i] = bytes(ids[i])[0];
        return new String(b, StandardCharsets.UTF_8);
    }
}
