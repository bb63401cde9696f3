package lyceum.llm.cache;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.FlopCounter;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.cache.ContextWindow.Policy;
import lyceum.llm.chat.ChatFormat;
import lyceum.llm.chat.ChatMessage;
import lyceum.nn.Hooks;
import lyceum.nn.Layer;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.FlashAttention;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.ByteTokenizer;
import org.junit.jupiter.api.Test;

class ContextWindowTest {
    private static final ByteTokenizer BYTES = new ByteTokenizer();

    private static String words(Rng rng) {
        var text = new StringBuilder();
        for (int i = 0, n = 1 + rng.nextInt(40); i < n; i++)
            text.append((char) ("é漢".charAt(rng.nextInt(2)) * (rng.nextInt(20) / 19) + 'a' + rng.nextInt(26)));
        return text.toString();
    }

    private static List<ChatMessage> conversation(Rng rng) {
        var messages = new ArrayList<ChatMessage>();
        if (rng.nextInt(4) > 0) messages.add(ChatMessage.system(words(rng)));
        for (int t = 0, n = rng.nextInt(6); t < n; t++) {
            messages.add(ChatMessage.user(words(rng)));
            messages.add(ChatMessage.assistant(words(rng)));
        }
        messages.add(ChatMessage.user(words(rng)));
        return messages;
    }

    private static int tokens(List<ChatMessage> messages) { return ChatFormat.CHATML.encode(BYTES, messages, true).ids().length; }

    @Acceptance(topic = "context-window", clause = 1)
    @Test void nothingExceedsTheLimitAndWhatMattersStays() {
        int over = 0, touched = 0, wrong = 0, refused = 0, shortened = 0, fitted = 0;
        for (int c = 0; c < 1000; c++) {
            var rng = Rng.of(c);
            var messages = conversation(rng);
            boolean system = messages.getFirst().role() == ChatMessage.Role.SYSTEM;
            var needed = system ? List.of(messages.getFirst(), messages.getLast()) : List.of(messages.getLast());
            int reserve = rng.nextInt(60), limit = reserve + 1 + tokens(needed) * 3 / 4 + rng.nextInt(300);
            for (var policy : List.of(Policy.KEEP_HEAD, Policy.KEEP_TAIL, Policy.DROP_MIDDLE, Policy.DROP_OLDEST)) {
                boolean mustRefuse = tokens(needed) + reserve > limit;
                try {
                    var fit = new ContextWindow(limit, reserve, policy).fit(ChatFormat.CHATML, BYTES, messages);
                    fitted++;
                    if (mustRefuse) wrong++;
                    if (fit.ids().length + reserve > limit || tokens(fit.messages()) != fit.ids().length) over++;
                    if (system && !fit.messages().getFirst().equals(messages.getFirst())
                            || !fit.messages().getLast().equals(messages.getLast()))
                        touched++;
                    if (fit.messages().size() < messages.size() || fit.cut() > 0) shortened++;
                } catch (ContextWindow.Overflow e) {
                    refused++;
                    if (!mustRefuse) wrong++;
                }
            }
        }
        Evidence.of("prompts with the reserve over the limit", over, exactly(0));
        Evidence.of("system or last user's message changed", touched, exactly(0));
        Evidence.of("refusals that should not be, or the other way round", wrong, exactly(0));
        Evidence.of("fits of 4,000", fitted, above(2000));
        Evidence.of("of them shortened", shortened, above(1000));
        Evidence.of("refusals", refused, above(100));
    }

    @Test void policiesLeaveOutWhatTheySay() {
        var messages = new ArrayList<ChatMessage>(List.of(ChatMessage.system("S")));
        for (int i = 0; i < 4; i++) {
            messages.add(ChatMessage.user("u" + i + "x".repeat(8)));
            messages.add(ChatMessage.assistant("a" + i + "y".repeat(8)));
        }
        messages.add(ChatMessage.user("Q"));
        int all = tokens(messages);
        for (var policy : Policy.values()) {
            var window = new ContextWindow(all + 9, 10, policy);
            if (policy == Policy.REJECT) {
                assertThatThrownBy(() -> window.fit(ChatFormat.CHATML, BYTES, messages)).isInstanceOf(ContextWindow.Overflow.class)
                        .hasMessageContaining(all + " tokens").hasMessageContaining((all + 9) + ":");
                continue;
            }
            var fit = window.fit(ChatFormat.CHATML, BYTES, messages);
            int changed = 0; // of nine messages before the question, the first that is not as it was
            while (changed < fit.messages().size() && fit.messages().get(changed).equals(messages.get(changed))) changed++;
            assertThat(fit.before()).isEqualTo(all);
            assertThat(List.of(fit.dropped(), fit.cut(), changed)).as("%s", policy).isEqualTo(switch (policy) {
                case KEEP_HEAD -> List.of(0, 1, 8);
                case KEEP_TAIL -> List.of(0, 1, 1);
                case DROP_MIDDLE -> List.of(0, 1, 5);
                default -> List.of(2, 0, 1);
            });
        }
        // "yes" is what is left of "yesyesyes" and what was said before
        var alike = List.of(ChatMessage.user("yes"), ChatMessage.user("yesyesyes"), ChatMessage.user("Q"));
        var shortened = new ContextWindow(tokens(alike) - 6 + 10, 10, Policy.KEEP_HEAD).fit(ChatFormat.CHATML, BYTES, alike);
        assertThat(shortened.messages()).isEqualTo(List.of(ChatMessage.user("yes"), ChatMessage.user("yes"), ChatMessage.user("Q")));
        assertThat(shortened.cut()).isEqualTo(1);
        int[] prompt = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        var window = new ContextWindow(8, 3, Policy.KEEP_HEAD);
        assertThat(window.fit(prompt)).containsExactly(0, 1, 2, 3, 4);
        assertThat(window.withPolicy(Policy.DROP_OLDEST).fit(prompt)).containsExactly(5, 6, 7, 8, 9);
        assertThat(window.withPolicy(Policy.DROP_MIDDLE).fit(prompt)).containsExactly(0, 1, 2, 8, 9);
        assertThatThrownBy(() -> window.withPolicy(Policy.REJECT).fit(prompt)).hasMessageContaining("10 tokens");
        assertThatThrownBy(() -> window.fit(ChatFormat.CHATML, BYTES, List.of(ChatMessage.system("x")))).hasMessageContaining("user");
        assertThatThrownBy(() -> new ContextWindow(5, 5)).hasMessageContaining("5 of 5");
    }

    @Acceptance(topic = "context-window", clause = 2)
    @Test void whatLiesOutsideTheWindowDoesNotMatter() {
        double outside = 0, inside = Double.POSITIVE_INFINITY;
        int far = 0, near = 0;
        for (int layers = 1; layers <= 2; layers++) {
            var config = DecoderConfig.llama(40, 64, layers, 16, 4, 2, 24).withWindow(6).withDeviation(0.3);
            var model = new DecoderLM(config, Rng.of(layers));
            int n = 24;
            long reach = ContextWindow.reach(config);
            var ids = Tensor.randint(Rng.of(7), 0, 40, 1, n).toIntArray();
            var z = model.logits(Tensor.of(ids, 1, n), Pass.inference()).compute();
            for (int j = 0; j < n; j++) {
                var edited = ids.clone();
                edited[j] = (edited[j] + 17) % 40;
                var gap = model.logits(Tensor.of(edited, 1, n), Pass.inference()).sub(z).abs().max(-1, false).toFloatArray();
                for (int p = 0; p < n; p++) {
                    boolean seen = j <= p && p - j < reach;
                    if (seen) {
                        inside = Math.min(inside, gap[p]);
                        near++;
                    } else {
                        outside = Math.max(outside, gap[p]);
                        far++;
                    }
                }
            }
        }
        Evidence.of("pairs outside", far, above(500));
        Evidence.of("pairs inside", near, above(300));
        Evidence.of("largest change by a token outside", outside, exactly(0));
        Evidence.of("least change by a token inside", inside, above(0));
        assertThat(ContextWindow.reach(DecoderConfig.gpt2())).isEqualTo(Long.MAX_VALUE);
    }

    private static long products(FlopCounter counter, boolean attention) {
        return counter.rows().stream().filter(r -> r.operation().contains("attention") == attention).mapToLong(FlopCounter.Row::products)
                .sum();
    }

    @Acceptance(topic = "context-window", clause = 3)
    @Test void attentionGrowsByFourAndTheRestByTwo() {
        var config = DecoderConfig.llama(40, 128, 2, 16, 4, 2, 24);
        var model = new DecoderLM(config, Rng.of(1));
        long[] scores = new long[2], mlps = new long[2], rest = new long[2];
        long wrongPairs = 0, gap = 0, layers = 0;
        for (int i = 0; i < 2; i++) {
            int n = 32 << i;
            var ids = Tensor.randint(Rng.of(2), 0, 40, 1, n);
            var counter = FlopCounter.count(() -> model.logits(ids, Pass.inference()).compute());
            scores[i] = products(counter, true);
            rest[i] = products(counter, false);
            var inputs = new ArrayList<Tensor>();
            var hooks = Hooks.of(model);
            hooks.on("decoder.layers.*.mlp_norm", (name, x, y) -> {
                inputs.add(y);
                return y;
            });
            var queries = hooks.capture("decoder.layers.*.attention.q");
            var keys = hooks.capture("decoder.layers.*.attention.k");
            model.logits(ids, Pass.inference().with(hooks)).compute();
            for (int l = 0; l < 2; l++) {
                int layer = l;
                var mlp = (Layer) model.modules().get("decoder.layers." + layer + ".mlp");
                mlps[i] += FlopCounter.count(() -> mlp.forward(inputs.get(layer), Pass.inference()).compute()).products();
            }
            var cost = ContextCost.of(config, n);
            for (int l = 0; l < queries.size() && l < keys.size(); l++) {
                var k = keys.get("decoder.layers." + l + ".attention.k");
                long tiles = new FlashAttention(1, 1, FlashAttention.Order.QUERIES_OUTER, 1, false, FlashAttention.Fp8.NONE)
                        .forward(new Attention().withCausal(true), queries.get("decoder.layers." + l + ".attention.q"), k, k).traffic()
                        .tiles();
                if (tiles != 4 * n * (n + 1) / 2) wrongPairs++;
                gap += Math.abs(tiles - cost.pairs() / 2);
                layers++;
            }
            gap += Math.abs(cost.attention() - scores[i]) + Math.abs(cost.mlp() - mlps[i])
                    + Math.abs(cost.projections() + cost.head() + cost.mlp() - rest[i]) + Math.abs(cost.total() - counter.products());
            assertThat(cost.skipping()).isEqualTo(cost.pairs() * 4 * 4);
        }
        Evidence.of("attention of twice the length", (double) scores[1] / scores[0], exactly(4));
        Evidence.of("feed-forward of twice the length", (double) mlps[1] / mlps[0], exactly(2));
        Evidence.of("layers looked at by the kernel that skips", layers, exactly(4));
        Evidence.of("layers whose pairs are not heads n (n + 1) / 2", wrongPairs, exactly(0));
        Evidence.of("reported cost against counters", gap, exactly(0));
        assertThat(ContextCost.of(config.withWindow(8), 32).pairs()).isEqualTo(2 * 4 * (36 + 24 * 8));
        Evidence.of("n at which attention is as dear as 24 width^2, over width",
                24.0 * 64 * 64 * 384 / ContextCost.of(DecoderConfig.gpt2(50, 512, 1, 64, 4), 384).attention(), atMost(1));
    }
}
