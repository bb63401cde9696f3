package lyceum.llm.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import lyceum.llm.DecoderConfig;
import lyceum.llm.chat.ChatMessage;
import lyceum.llm.chat.ChatTemplate;
import lyceum.text.TokenCounter;
import lyceum.text.Tokenizer;
import lyceum.withers.Withers;

/**
 * A budget of tokens: what is asked and what may be answered together, and what is left out where that is too much.
 *
 * {@snippet :
 * var window = new ContextWindow(8192, 1000);
 * var fit = window.fit(ChatFormat.CHATML, tokenizer, messages);         // oldest turns left out, if need be
 * int[] prompt = fit.ids();                                             // 7192 at most
 * int[] report = window.withPolicy(ContextWindow.Policy.DROP_MIDDLE).fit(tokenizer.ids(text));
 * }
 *
 * <p>System messages at the beginning and the last user's message, with all behind it, are never touched; tokens are counted with the model's own tokenizer over the
 * conversation as the template writes it. Immutable.
 *
 * @param limit positions of the model
 * @param reserve of them for the answer
 * @param policy what is left out
 */
@Withers
public record ContextWindow(int limit, int reserve, Policy policy) implements ContextWindowWithers {

    /** What stays of the turns between the system's words and the last user's. */
    public enum Policy {
        /** Nothing is left out: what does not fit is refused. */
        REJECT,
        /** The beginning, the message at the border cut. */
        KEEP_HEAD,
        /** The end, the message at the border cut. */
        KEEP_TAIL,
        /** Beginning and end, half each: for logs and reports. */
        DROP_MIDDLE,
        /** Whole turns, the latest: for conversations. */
        DROP_OLDEST
    }

    /** That what must stay does not fit. */
    public static final class Overflow extends IllegalArgumentException {
        private final int tokens, limit;

        Overflow(String what, int tokens, int reserve, int limit) {
            super("ContextWindow: " + what + " has " + tokens + " tokens, " + reserve + " are reserved for the answer; the window has "
                    + limit + ": shorten it, or reserve less");
            this.tokens = tokens;
            this.limit = limit;
        }

        /** Of what must stay. */
        public int tokens() { return tokens; }

        public int limit() { return limit; }
    }

    /**
     * What is left.
     *
     * @param messages those that stay, some of them cut
     * @param ids as the template writes them, the beginning of an answer behind
     * @param before tokens of the whole conversation
     * @param dropped messages of which nothing is left
     * @param cut messages of which a part is left
     */
    public record Fit(List<ChatMessage> messages, int[] ids, int before, int dropped, int cut) {}

    public ContextWindow {
        if (limit < 1 || reserve < 0 || reserve >= limit) throw new IllegalArgumentException(
                "ContextWindow: " + reserve + " of " + limit + " tokens reserved; at least one is for the prompt");
    }

    /** Oldest turns are left out. */
    public ContextWindow(int limit, int reserve) { this(limit, reserve, Policy.DROP_OLDEST); }

    /** Tokens for the prompt. */
    public int room() { return limit - reserve; }

    /** A prompt without turns; of whole turns the end stays. @throws Overflow under {@link Policy#REJECT}, if it does not fit */
    public int[] fit(int[] prompt) {
        int n = prompt.length, room = room();
        if (n <= room) return prompt.clone();
        return switch (policy) {
            case REJECT -> throw new Overflow("the prompt", n, reserve, limit);
            case KEEP_HEAD -> Arrays.copyOf(prompt, room);
            case KEEP_TAIL, DROP_OLDEST -> Arrays.copyOfRange(prompt, n - room, n);
            case DROP_MIDDLE -> {
                var kept = Arrays.copyOf(prompt, room);
                System.arraycopy(prompt, n - room / 2, kept, room - room / 2, room / 2);
                yield kept;
            }
        };
    }

    /**
     * A conversation that an assistant is to go on.
     *
     * @throws Overflow if the system's words and the last user's alone do not fit; under {@link Policy#REJECT}, if the whole does not
     * @throws IllegalArgumentException if there is no user's message
     */
    public Fit fit(ChatTemplate template, Tokenizer tokenizer, List<ChatMessage> messages) {
        int last = messages.size() - 1, first = 0;
        while (last >= 0 && messages.get(last).role() != ChatMessage.Role.USER) last--;
        if (last < 0) throw new IllegalArgumentException("ContextWindow: none of " + messages.size() + " messages is a user's");
        while (first < last && messages.get(first).role() == ChatMessage.Role.SYSTEM) first++;
        List<ChatMessage> system = messages.subList(0, first), history = messages.subList(first, last),
                asked = messages.subList(last, messages.size());
        IntFunction<List<ChatMessage>> with;
        int most;
        var counter = new TokenCounter(tokenizer);
        var whole = template.encode(tokenizer, messages, true).ids();
        if (whole.length <= room()) return new Fit(List.copyOf(messages), whole, whole.length, 0, 0);
        if (policy == Policy.REJECT) throw new Overflow("the conversation", whole.length, reserve, limit);
        var turns = turns(history);
        if (policy == Policy.DROP_OLDEST) {
            most = turns.size();
            with = n -> turns.subList(turns.size() - n, turns.size()).stream().flatMap(List::stream).toList();
        } else {
            most = history.stream().mapToInt(m -> counter.count(m.content())).sum();
            with = n -> part(turns, n, counter);
        }
        IntFunction<List<ChatMessage>> all = n -> {
            var kept = new ArrayList<>(system);
            kept.addAll(with.apply(n));
            kept.addAll(asked);
            return kept;
        };
        int[] ids = template.encode(tokenizer, all.apply(0), true).ids();
        if (ids.length > room()) throw new Overflow("what stays, system and last user's message,", ids.length, reserve, limit);
        int low = 0, high = most; // counts nearly rise; what is given was counted itself
        while (low < high) {
            int middle = low + high + 1 >>> 1;
            var longer = template.encode(tokenizer, all.apply(middle), true).ids();
            if (longer.length <= room()) {
                low = middle;
                ids = longer;
            } else high = middle - 1;
        }
        var kept = all.apply(low);
        var left = new ArrayList<>(messages);
        int cut = (int) kept.stream().filter(message -> !left.remove(message)).count(); // each stands for itself, also where two are alike
        return new Fit(List.copyOf(kept), ids, whole.length, messages.size() - kept.size(), cut);
    }

    /** A user's message and what follows it. */
    private static List<List<ChatMessage>> turns(List<ChatMessage> history) {
        var turns = new ArrayList<List<ChatMessage>>();
        for (var message : history) {
            if (turns.isEmpty() || message.role() == ChatMessage.Role.USER) turns.add(new ArrayList<>());
            turns.getLast().add(message);
        }
        return turns;
    }

    /** So many tokens of what is said; a turn of which nothing is left goes, another keeps all its messages. */
    private List<ChatMessage> part(List<List<ChatMessage>> turns, int budget, TokenCounter counter) {
        int head = switch (policy) {
            case KEEP_HEAD -> budget;
            case DROP_MIDDLE -> (budget + 1) / 2;
            default -> 0;
        };
        int all = turns.stream().flatMap(List::stream).mapToInt(m -> counter.count(m.content())).sum(), tail = budget - head, at = 0;
        var kept = new ArrayList<ChatMessage>();
        for (var turn : turns) {
            int size = turn.stream().mapToInt(m -> counter.count(m.content())).sum();
            boolean stays = at < head || at + size > all - tail;
            for (var message : turn) {
                var text = message.content();
                int n = counter.count(text), front = Math.clamp(head - at, 0, n), back = Math.clamp(at + n - (all - tail), 0, n);
                at += n;
                if (!stays) continue;
                kept.add(front + back >= n ? message : new ChatMessage(message.role(), counter.head(text, front) + counter.tail(text, back),
                        message.toolCalls(), message.toolCallId()));
            }
        }
        return kept;
    }

    /** How far back the logits at a position look, itself included: 1 and a window less one for each block; {@link Long#MAX_VALUE} if a block has none. */
    public static long reach(DecoderConfig config) {
        long reach = 1;
        for (var block : config.blocks()) {
            long window = block.mixer() != null || block.attention().pattern() != null ? 0 : block.attention().attention().window();
            if (window == 0) return Long.MAX_VALUE;
            reach += window - 1;
        }
        return reach;
    }
}
