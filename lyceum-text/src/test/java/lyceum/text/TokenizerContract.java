package lyceum.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What holds for every tokenizer. */
public final class TokenizerContract {
    private static final List<String> TEXTS = new ArrayList<>(RandomTexts.of(77, 300));

    static {
        TEXTS.addAll(List.of("", " ", "\n", "a", "Hello, world!", "x".repeat(5000), "\u2581", "e\u0301",
                "In the beginning God created the heaven and the earth."));
    }

    private TokenizerContract() {}

    /**
     * Checks a tokenizer.
     *
     * @param lossless whether decoding gives every text back
     */
    public static void check(String name, Tokenizer tokenizer, boolean lossless) {
        var v = tokenizer.vocabulary();
        for (int id = 0; id < v.size(); id++) assertThat(v.id(v.token(id))).as(name).isEqualTo(id);
        for (var text : TEXTS) {
            var encoding = tokenizer.encode(text);
            int[] ids = encoding.ids();
            assertThat(tokenizer.ids(text)).as("%s: ids of <%s>", name, text).isEqualTo(ids);
            assertThat(tokenizer.count(text)).isEqualTo(ids.length);
            assertThat(encoding.attentionMask()).isEqualTo(ones(ids.length));
            int last = 0, lastByte = 0;
            for (int i = 0; i < ids.length; i++) {
                assertThat(ids[i]).isBetween(0, v.size() - 1);
                if (encoding.sequence(i) < 0) continue;
                assertThat(encoding.start(i)).as("%s: start of token %d of <%s>", name, i, text).isBetween(last, text.length());
                assertThat(encoding.end(i)).isBetween(encoding.start(i), text.length());
                assertThat(encoding.byteStart(i)).isGreaterThanOrEqualTo(lastByte);
                last = encoding.start(i);
                lastByte = encoding.byteStart(i);
                assertThat(tokenizer.specials().isSpecial(ids[i]) && ids[i] != v.unknown()).as("%s: control id in <%s>", name, text)
                        .isFalse();
            }
            int[] plain = tokenizer.ids(text, EncodeOptions.PLAIN);
            assertThat(ids.length).isEqualTo(plain.length + tokenizer.template().added(false));
            if (lossless) assertThat(tokenizer.decode(plain)).as(name).isEqualTo(text);
            if (ids.length > 12) truncates(name, tokenizer, text, plain);
        }
        batches(name, tokenizer);
        assertThatThrownBy(() -> tokenizer.ids("a\uD83D")).as(name).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokenizer.decode(v.size())).as(name).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("" + v.size());
        assertThatThrownBy(() -> tokenizer.decode(-1)).as(name).isInstanceOf(IllegalArgumentException.class);
    }

    private static int[] ones(int n) {
        var ones = new int[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** Truncation with stride: no input is too long, the parts cover all tokens, neighbours share the stride. */
    private static void truncates(String name, Tokenizer tokenizer, String text, int[] plain) {
        for (boolean left : new boolean[] {false, true}) {
            var options = EncodeOptions.DEFAULT.withTruncation(new Truncation(10, 2, Truncation.Strategy.LONGEST_FIRST, left));
            var encoding = tokenizer.encode(text, options);
            assertThat(tokenizer.ids(text, options)).as(name).isEqualTo(encoding.ids());
            var parts = new ArrayList<>(List.of(encoding));
            parts.addAll(encoding.overflow());
            int covered = 0, room = 10 - tokenizer.template().added(false);
            for (int p = 0; p < parts.size(); p++) {
                assertThat(parts.get(p).size()).as(name).isLessThanOrEqualTo(10);
                int[] own = own(parts.get(p));
                int from = left ? Math.max(0, plain.length - p * (room - 2) - own.length) : p * (room - 2);
                assertThat(Arrays.copyOfRange(plain, from, from + own.length)).as(name).isEqualTo(own);
                covered = Math.max(covered, left ? plain.length - from : from + own.length);
            }
            assertThat(covered).as("%s: tokens covered", name).isEqualTo(plain.length);
        }
    }

    private static int[] own(Encoding e) {
        var own = new ArrayList<Integer>();
        for (int i = 0; i < e.size(); i++) if (e.sequence(i) >= 0) own.add(e.id(i));
        return own.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void batches(String name, Tokenizer tokenizer) {
        var options = EncodeOptions.DEFAULT.withPadding(new Padding(0, "pad").withMultipleOf(8));
        var batch = tokenizer.encodeAll(TEXTS, options);
        int width = batch.get(0).size();
        assertThat(width % 8).isZero();
        for (int i = 0; i < batch.size(); i++) {
            assertThat(batch.get(i).size()).isEqualTo(width);
            int[] ids = tokenizer.ids(TEXTS.get(i)), mask = batch.get(i).attentionMask();
            assertThat(Arrays.copyOf(batch.get(i).ids(), ids.length)).as(name).isEqualTo(ids);
            assertThat(Arrays.stream(mask).sum()).isEqualTo(ids.length);
        }
        var left = tokenizer.encode("a b", EncodeOptions.DEFAULT.withPadding(new Padding(20, 0, 0, 0, "pad", true)));
        assertThat(left.size()).isEqualTo(20);
        assertThat(left.attentionMask()[0]).isZero();
        assertThat(left.attentionMask()[19]).isEqualTo(1);
    }
}
