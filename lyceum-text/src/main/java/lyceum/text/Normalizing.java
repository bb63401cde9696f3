package lyceum.text;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.text.Normalizer.Form;
import lyceum.text.internal.AlignedText;
import lyceum.text.internal.ByteAlphabet;
import lyceum.text.internal.CodePointSet;
import lyceum.text.internal.IntList;
import lyceum.text.internal.Utf8;

/** Runs {@link TextNormalizer}s and keeps the alignment. */
final class Normalizing {
    private Normalizing() {}

    static String text(TextNormalizer normalizer, String text) {
        byte[] b = Utf8.bytes(text);
        return apply(normalizer, AlignedText.of(b, 0, b.length)).toString();
    }

    static AlignedText apply(TextNormalizer normalizer, AlignedText text) {
        return switch (normalizer) {
            case TextNormalizer.Bert bert -> bert(bert, text);
            case TextNormalizer.Unicode unicode -> unicode(unicode.form(), text);
            case TextNormalizer.Lowercase l -> lowercase(text);
            case TextNormalizer.Strip strip -> strip(strip, text);
            case TextNormalizer.StripAccents s -> withoutMarks(text, false);
            case TextNormalizer.Replace replace -> replace(replace, text);
            case TextNormalizer.Prepend prepend -> prepend(prepend.content(), text);
            case TextNormalizer.Nmt nmt -> nmt(text);
            case TextNormalizer.Precompiled precompiled -> precompiled.map.apply(text);
            case TextNormalizer.ByteLevel b -> byteLevel(text);
            case TextNormalizer.Sequence sequence -> {
                for (var n : sequence.normalizers()) text = apply(n, text);
                yield text;
            }
        };
    }

    private static AlignedText bert(TextNormalizer.Bert bert, AlignedText text) {
        var plain = asciiBert(bert, text);
        if (plain != null) return plain;
        if (bert.cleanText()) text = clean(text);
        if (bert.handleChineseChars()) text = chinese(text);
        if (bert.stripAccents() == null ? bert.lowercase() : bert.stripAccents()) text = withoutMarks(unicode(Form.NFD, text), true);
        return bert.lowercase() ? lowercase(text) : text;
    }

    /** In place, where nothing but the case of letters and the kind of spaces changes; null where more does. */
    private static AlignedText asciiBert(TextNormalizer.Bert bert, AlignedText text) {
        int n = text.to - text.from;
        var b = new byte[n];
        for (int i = 0; i < n; i++) {
            byte c = text.b[text.from + i];
            if (c < ' ' || c == 127) {
                if (c < 0 || bert.cleanText() && c != '\t' && c != '\n' && c != '\r') return null;
                if (bert.cleanText()) c = ' ';
            } else if (c >= 'A' && c <= 'Z' && bert.lowercase()) c += 32;
            b[i] = c;
        }
        return text.inPlace(b);
    }

    private static AlignedText clean(AlignedText text) {
        var out = new AlignedText.Builder(text);
        for (int at = text.from; at < text.to;) {
            int c = Utf8.codePoint(text.b, at), next = at + Utf8.length(text.b[at]);
            boolean line = c == '\t' || c == '\n' || c == '\r';
            if (!line && (c == 0 || c == 0xFFFD || isControl(c))) {
                at = next;
                continue;
            }
            if (line || CodePointSet.isSpace(c)) out.put(' ', at, next);
            else out.copy(at, next);
            at = next;
        }
        return out.build();
    }

    private static boolean isControl(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL || type == Character.FORMAT || type == Character.PRIVATE_USE || type == Character.SURROGATE;
    }

    private static AlignedText chinese(AlignedText text) {
        var out = new AlignedText.Builder(text);
        for (int at = text.from; at < text.to;) {
            int c = Utf8.codePoint(text.b, at), next = at + Utf8.length(text.b[at]);
            boolean chinese = isChinese(c);
            if (chinese) out.put(' ', at, at);
            out.copy(at, next);
            if (chinese) out.put(' ', next, next);
            at = next;
        }
        return out.build();
    }

    private static boolean isChinese(int c) {
        return c >= 0x3400 && (c >= 0x4E00 && c <= 0x9FFF || c <= 0x4DBF || c >= 0x20000 && c <= 0x2A6DF || c >= 0x2A700 && c <= 0x2B73F
                || c >= 0x2B740 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF || c >= 0xF900 && c <= 0xFAFF
                || c >= 0x2F800 && c <= 0x2FA1F);
    }

    /** Without nonspacing marks, or without all marks. */
    private static AlignedText withoutMarks(AlignedText text, boolean nonspacing) {
        if (text.isAscii()) return text;
        var out = new AlignedText.Builder(text);
        for (int at = text.from; at < text.to;) {
            int next = at + Utf8.length(text.b[at]), type = text.b[at] >= 0 ? 0 : Character.getType(Utf8.codePoint(text.b, at));
            if (type != Character.NON_SPACING_MARK
                    && (nonspacing || type != Character.COMBINING_SPACING_MARK && type != Character.ENCLOSING_MARK))
                out.copy(at, next);
            at = next;
        }
        return out.build();
    }

    private static AlignedText lowercase(AlignedText text) {
        if (text.isAscii()) {
            var b = new byte[text.to - text.from];
            for (int i = 0; i < b.length; i++) {
                byte c = text.b[text.from + i];
                b[i] = c >= 'A' && c <= 'Z' ? (byte) (c + 32) : c;
            }
            return text.inPlace(b);
        }
        var out = new AlignedText.Builder(text);
        for (int at = text.from; at < text.to;) {
            int c = Utf8.codePoint(text.b, at), next = at + Utf8.length(text.b[at]), lower = Character.toLowerCase(c);
            if (c == 0x130) out.put("i\u0307", at, next);
            else if (lower == c) out.copy(at, next);
            else out.put(lower, at, next);
            at = next;
        }
        return out.build();
    }

    private static AlignedText strip(TextNormalizer.Strip strip, AlignedText text) {
        int from = text.from, to = text.to;
        if (strip.left()) while (from < to && CodePointSet.isSpace(Utf8.codePoint(text.b, from))) from += Utf8.length(text.b[from]);
        while (strip.right() && to > from) {
            int last = to - 1;
            while (Utf8.isContinuation(text.b[last])) last--;
            if (!CodePointSet.isSpace(Utf8.codePoint(text.b, last))) break;
            to = last;
        }
        return text.part(from, to);
    }

    private static AlignedText replace(TextNormalizer.Replace replace, AlignedText text) {
        var spans = new IntList();
        replace.pattern().find(text.b, text.from, text.to, spans);
        if (spans.size == 0) return text;
        var out = new AlignedText.Builder(text);
        int at = text.from;
        for (int i = 0; i < spans.size; i += 2) {
            out.copy(at, spans.get(i));
            out.put(replace.content(), spans.get(i), spans.get(i + 1));
            at = spans.get(i + 1);
        }
        out.copy(at, text.to);
        return out.build();
    }

    static AlignedText prepend(String content, AlignedText text) {
        if (text.isEmpty() || content.isEmpty()) return text;
        var out = new AlignedText.Builder(text);
        out.put(content, text.from, text.from);
        out.copy(text.from, text.to);
        return out.build();
    }

    private static AlignedText nmt(AlignedText text) {
        var out = new AlignedText.Builder(text);
        for (int at = text.from; at < text.to;) {
            int c = Utf8.codePoint(text.b, at), next = at + Utf8.length(text.b[at]);
            boolean space = c == 9 || c == 10 || c == 12 || c == 13 || c == 0x1680 || c >= 0x200B && c <= 0x200F || c == 0x2028
                    || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
            boolean gone = c >= 1 && c <= 8 || c == 11 || c >= 14 && c <= 31 || c == 127 || c == 0x8F || c == 0x9F;
            if (space) out.put(' ', at, next);
            else if (!gone) out.copy(at, next);
            at = next;
        }
        return out.build();
    }

    static AlignedText byteLevel(AlignedText text) {
        var out = new AlignedText.Builder(text);
        for (int at = text.from; at < text.to; at++) out.put(ByteAlphabet.character(text.b[at]), at, at + 1);
        return out.build();
    }

    /** Each stretch from one starter to the next is normalised alone; one that changes is from all of its characters. */
    private static AlignedText unicode(Form form, AlignedText text) {
        if (text.isAscii()) return text;
        var string = text.toString();
        if (Normalizer.isNormalized(string, form)) return text;
        var out = new AlignedText.Builder(text);
        for (int at = text.from, begin = at; begin < text.to;) {
            at = begin + Utf8.length(text.b[begin]);
            while (at < text.to && !isBoundary(Utf8.codePoint(text.b, at))) at += Utf8.length(text.b[at]);
            if (at - begin == 1) out.copy(begin, at);
            else {
                var part = new String(text.b, begin, at - begin, StandardCharsets.UTF_8);
                var normal = Normalizer.normalize(part, form);
                if (normal.equals(part)) out.copy(begin, at);
                else out.put(normal, begin, at);
            }
            begin = at;
        }
        return out.build();
    }

    /** Whether no normal form joins or reorders across the place before this character: it begins with a starter that composes with nothing before it. */
    private static boolean isBoundary(int c) {
        if (c < 0x300) return true;
        int type = Character.getType(c);
        if (type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK || type == Character.ENCLOSING_MARK)
            return false;
        if (c >= 0x1160 && c <= 0x11FF || c >= 0xFF9E && c <= 0xFFDC || c >= 0x3131 && c <= 0x3164) return false; // Hangul vowels and finals, wide and narrow forms
        return true;
    }
}
