package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import lyceum.text.internal.ByteAlphabet;
import lyceum.text.internal.IntList;
import lyceum.text.internal.Utf8;

/** Runs {@link TokenDecoder}s. */
final class Decoding {
    private Decoding() {}

    static String text(TokenDecoder decoder, List<String> tokens) {
        return decoder == null ? String.join(" ", tokens) : String.join("", apply(decoder, tokens));
    }

    private static String byteLevel(List<String> tokens) {
        int most = 0, at = 0;
        for (int i = 0; i < tokens.size(); i++) most += most(tokens.get(i));
        var bytes = new byte[most];
        for (int i = 0; i < tokens.size(); i++) at = write(tokens.get(i), bytes, at);
        return new String(bytes, 0, at, StandardCharsets.UTF_8);
    }

    /** The same of ids, without a list of their tokens: a text that comes token by token is decoded for each. */
    static String byteLevel(Vocabulary vocabulary, int[] ids, boolean skipSpecials) {
        int most = 0, at = 0;
        for (int id : ids) if (!skipSpecials || !vocabulary.isSpecial(id)) most += most(vocabulary.token(id));
        var bytes = new byte[most];
        for (int id : ids) if (!skipSpecials || !vocabulary.isSpecial(id)) at = write(vocabulary.token(id), bytes, at);
        return new String(bytes, 0, at, StandardCharsets.UTF_8);
    }

    /** Bytes of a token in UTF-8 at most, if it is no spelling of bytes. */
    private static int most(String token) { return 3 * token.length(); }

    private static int write(String token, byte[] bytes, int at) {
        int end = ByteAlphabet.write(token, bytes, at);
        if (end >= 0) return end;
        var own = token.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(own, 0, bytes, at, own.length);
        return at + own.length;
    }

    private static List<String> apply(TokenDecoder decoder, List<String> tokens) {
        return switch (decoder) {
            case TokenDecoder.Bpe bpe -> {
                var out = new ArrayList<String>(tokens.size());
                for (int i = 0; i < tokens.size(); i++) out.add(tokens.get(i).replace(bpe.suffix(), i == tokens.size() - 1 ? "" : " "));
                yield out;
            }
            case TokenDecoder.ByteFallback b -> byteFallback(tokens);
            case TokenDecoder.ByteLevel b -> List.of(byteLevel(tokens));
            case TokenDecoder.Ctc ctc -> ctc(ctc, tokens);
            case TokenDecoder.Fuse f -> List.of(String.join("", tokens));
            case TokenDecoder.Metaspace m -> {
                var out = new ArrayList<String>(tokens.size());
                for (int i = 0; i < tokens.size(); i++) {
                    var token = tokens.get(i);
                    boolean put = i == 0 && m.prepend() != PreTokenizer.PrependScheme.NEVER && token.startsWith(m.replacement());
                    out.add((put ? token.substring(m.replacement().length()) : token).replace(m.replacement(), " "));
                }
                yield out;
            }
            case TokenDecoder.Replace replace -> {
                var normalizer = new TextNormalizer.Replace(replace.pattern(), replace.content());
                var out = new ArrayList<String>(tokens.size());
                for (var token : tokens) out.add(normalizer.apply(token));
                yield out;
            }
            case TokenDecoder.Strip strip -> {
                var out = new ArrayList<String>(tokens.size());
                for (var token : tokens) out.add(strip(strip, token));
                yield out;
            }
            case TokenDecoder.WordPiece w -> {
                var out = new ArrayList<String>(tokens.size());
                for (int i = 0; i < tokens.size(); i++) {
                    var token = tokens.get(i);
                    if (i > 0) token = token.startsWith(w.prefix()) ? token.substring(w.prefix().length()) : " " + token;
                    out.add(w.cleanup() ? cleaned(token) : token);
                }
                yield out;
            }
            case TokenDecoder.Sequence sequence -> {
                for (var d : sequence.decoders()) tokens = apply(d, tokens);
                yield tokens;
            }
        };
    }

    private static String cleaned(String text) {
        return text.replace(" .", ".").replace(" ?", "?").replace(" !", "!").replace(" ,", ",").replace(" ' ", "'").replace(" n't", "n't")
                .replace(" 'm", "'m").replace(" do not", " don't").replace(" 's", "'s").replace(" 've", "'ve").replace(" 're", "'re");
    }

    private static String strip(TokenDecoder.Strip strip, String token) {
        int c = strip.content().codePointAt(0), width = Character.charCount(c), from = 0, to = token.length();
        for (int i = 0; i < strip.start() && from < to && token.codePointAt(from) == c; i++) from += width;
        for (int i = 0; i < strip.stop() && to > from && token.codePointBefore(to) == c; i++) to -= width;
        return token.substring(from, to);
    }

    private static List<String> ctc(TokenDecoder.Ctc ctc, List<String> tokens) {
        var out = new ArrayList<String>(tokens.size());
        String last = null;
        for (var token : tokens) {
            boolean again = token.equals(last);
            last = token;
            if (again) continue;
            var text = token.replace(ctc.padToken(), "");
            if (ctc.cleanup()) text = cleaned(text).replace(ctc.wordDelimiterToken(), " ");
            if (!text.isEmpty()) out.add(text);
        }
        return out;
    }

    /** The byte of a token such as {@code <0xE2>}, -1 for another token. */
    static int byteOf(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') return -1;
        int high = Character.digit(token.charAt(3), 16), low = Character.digit(token.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    static String byteToken(int b) {
        return "<0x" + Character.toUpperCase(Character.forDigit(b >> 4, 16)) + Character.toUpperCase(Character.forDigit(b & 15, 16)) + ">";
    }

    /** A run of bytes that is no UTF-8 comes out as one replacement character a byte, as Hugging Face has it. */
    private static List<String> byteFallback(List<String> tokens) {
        var out = new ArrayList<String>(tokens.size());
        var bytes = new IntList();
        for (int i = 0; i <= tokens.size(); i++) {
            int b = i == tokens.size() ? -1 : byteOf(tokens.get(i));
            if (b >= 0) {
                bytes.add(b);
                continue;
            }
            if (bytes.size > 0) {
                var run = new byte[bytes.size];
                for (int k = 0; k < run.length; k++) run[k] = (byte) bytes.get(k);
                out.add(Utf8.firstBroken(run, 0, run.length) < 0 ? new String(run, StandardCharsets.UTF_8) : "\uFFFD".repeat(run.length));
                bytes.size = 0;
            }
            if (i < tokens.size()) out.add(tokens.get(i));
        }
        return out;
    }
}
