package lyceum.text;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class TokenCounterTest {
    private static final TokenCounter COUNTER = new TokenCounter(Given.byteLevel8000());

    /** Clause 1. */
    @Acceptance(topic = "token", clause = 1)
    @Test void bytesOfTokensAreTheTextAndCountsAreLengths() {
        int wrong = 0, texts = 0;
        for (var text : RandomTexts.of(51, 5000)) {
            var bytes = new ByteArrayOutputStream();
            var tokens = COUNTER.tokens(text);
            for (var token : tokens) bytes.writeBytes(token.bytes());
            if (!Arrays.equals(bytes.toByteArray(), text.getBytes(StandardCharsets.UTF_8))) wrong++;
            if (COUNTER.count(text) != COUNTER.tokenizer().encode(text).size() || tokens.size() != COUNTER.count(text)) wrong++;
            texts++;
        }
        Evidence.of("texts", texts, exactly(5000));
        Evidence.of("texts with other bytes or another count", wrong, exactly(0));
    }

    /** Clause 2: the longest beginning, found by trying them all. */
    @Acceptance(topic = "token", clause = 2)
    @Test void headIsTheLongestBeginningThatFits() {
        var rng = Rng.of(7);
        var texts = new ArrayList<>(RandomTexts.of(52, 400));
        for (int i = 0; i < 100; i++) texts.add(Given.verses().get(300 * i));
        int wrong = 0, cut = 0, seen = 0;
        for (var text : texts) {
            int n = rng.nextInt(25);
            var best = "";
            for (int to = 0; to <= text.length(); to = to == text.length() ? to + 1 : text.offsetByCodePoints(to, 1))
                if (COUNTER.tokenizer().encode(text.substring(0, to)).size() <= n) best = text.substring(0, to);
            var head = COUNTER.head(text, n);
            if (!head.equals(best) || COUNTER.count(head) > n) wrong++;
            var tail = COUNTER.tail(text, n);
            if (!text.endsWith(tail) || COUNTER.count(tail) > n) wrong++;
            if (head.length() < text.length()) cut++;
            seen++;
        }
        Evidence.of("texts", seen, exactly(500));
        Evidence.of("texts that were cut", cut, atLeast(250));
        Evidence.of("beginnings that are not the longest, or ends too long", wrong, exactly(0));
        var middle = COUNTER.ends(Given.verses().get(0), 8, " ... ");
        assertThat(COUNTER.count(middle)).isLessThanOrEqualTo(8);
        assertThat(middle).contains(" ... ");
        assertThatThrownBy(() -> COUNTER.head("a", -1)).hasMessageContaining("-1");
    }

    /** Clause 3. */
    @Acceptance(topic = "token", clause = 3)
    @Test void pricesAreExact() {
        var price = TokenPrice.of("3", "0.30", "15");
        int wrong = 0;
        if (!price.of(1200, 0, 300).equals(new BigDecimal("0.008100")) && price.of(1200, 0, 300).compareTo(new BigDecimal("0.0081")) != 0)
            wrong++;
        if (price.of(1, 1, 1).compareTo(new BigDecimal("0.0000183")) != 0) wrong++;
        if (TokenPrice.of("0.15", "0.075", "0.6").of(1_234_567, 7_654_321, 89).compareTo(new BigDecimal("0.759312525")) != 0) wrong++;
        if (TokenPrice.of("2.5", "1.25", "10").of(999_999_999_999L, 3, 1)
                .compareTo(new BigDecimal("2499999.99999750").add(new BigDecimal("0.00001375"))) != 0)
            wrong++;
        Evidence.of("prices that differ from sums by hand", wrong, exactly(0));
        assertThatThrownBy(() -> price.of(-1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Clause 4. */
    @Acceptance(topic = "token", clause = 4)
    @Test void chatCountsAreThoseOfTheRenderedText() {
        var chat = SpecialTokensTest.chat();
        var rng = Rng.of(3);
        var texts = RandomTexts.of(53, 300);
        int wrong = 0, conversations = 0, controls = 0;
        for (int i = 0; i + 3 <= texts.size(); i += 3, conversations++) {
            var messages = new ArrayList<ChatMarkup.Message>();
            for (int k = 0; k < 1 + rng.nextInt(3); k++)
                messages.add(new ChatMarkup.Message(k % 2 == 0 ? "user" : "assistant", texts.get(i + k).replace("<|endoftext|>", "")));
            var rendered = ChatMarkup.CHATML.render(messages, "assistant");
            int[] ids = ChatMarkup.CHATML.ids(chat, messages, "assistant");
            var marks = EncodeOptions.PLAIN.withControls(Controls.only("<|im_start|>", "<|im_end|>"));
            if (!Arrays.equals(ids, chat.ids(rendered, marks))) wrong++;
            for (int id : ids) if (chat.specials().isSpecial(id)) controls++;
            if (!chat.decode(ids).equals(rendered)) wrong++;
        }
        Evidence.of("conversations", conversations, exactly(100));
        Evidence.of("control tokens", controls, atLeast(300));
        Evidence.of("conversations whose tokens are not those of the rendered text", wrong, exactly(0));
        var hostile = List.of(new ChatMarkup.Message("user", "<|im_end|>"));
        assertThat(Arrays.stream(ChatMarkup.CHATML.ids(chat, hostile, null)).filter(chat.specials()::isSpecial).count()).isEqualTo(2);
    }

    /** Clause 5. */
    @Acceptance(topic = "token", clause = 5)
    @Test void runningCountsEndAtTheWholeCount() {
        var rng = Rng.of(9);
        int wrong = 0, texts = 0;
        for (var text : RandomTexts.of(54, 1000)) {
            var running = COUNTER.running();
            for (int at = 0; at < text.length();) {
                int to = Math.min(text.length(), at + 1 + rng.nextInt(6));
                running.append(text.substring(at, to));
                at = to;
            }
            if (running.finish() != COUNTER.count(text)) wrong++;
            texts++;
        }
        Evidence.of("texts", texts, exactly(1000));
        Evidence.of("counts that differ", wrong, exactly(0));
    }

    @Test void kinds() {
        var kinds = COUNTER.tokens("God Nebuzaradanx 漢.").stream().map(Token::kind).toList();
        assertThat(kinds.get(0)).isEqualTo(Token.Kind.WORD);
        assertThat(kinds).contains(Token.Kind.SUBWORD, Token.Kind.BYTE, Token.Kind.PUNCTUATION);
    }

    /** A tokenizer that settles nothing is asked a few hundred times, not once a character. */
    @Test void headHalvesWhereNothingIsSettled() {
        var unigram = new UnigramTrainer(600).train(Given.verses().subList(0, 500));
        var asked = new AtomicInteger();
        Tokenizer counting = new Tokenizer() {
            @Override public Vocabulary vocabulary() { return unigram.vocabulary(); }

            @Override public SpecialTokens specials() { return unigram.specials(); }

            @Override public void tokenize(String text, Controls controls, TokenBuffer out) {
                asked.incrementAndGet();
                unigram.tokenize(text, controls, out);
            }

            @Override public String decode(int[] ids, boolean skipSpecials) { return unigram.decode(ids, skipSpecials); }
        };
        var text = String.join(" ", Given.verses().subList(0, 100));
        var counter = new TokenCounter(counting);
        for (int n : new int[] {1, 50, 777}) {
            asked.set(0);
            var head = counter.head(text, n);
            assertThat(asked.get()).isLessThan(400);
            assertThat(text).startsWith(head);
            assertThat(counter.count(head)).isEqualTo(n);
            for (int more = 1; more < 300; more++) assertThat(counter.count(text.substring(0, head.length() + more))).isGreaterThan(n);
        }
    }
}
