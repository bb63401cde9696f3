package lyceum.labs.llm;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.cache.ContextCost;
import lyceum.llm.cache.ContextWindow;
import lyceum.llm.chat.ChatFormat;
import lyceum.llm.chat.ChatMessage;
import lyceum.plot.Figure;
import lyceum.text.ByteTokenizer;

/** A conversation that outgrows its window: what each policy leaves out of it, and what a length costs. */
@Lab(topics = "context-window", title = "What falls out of the window")
final class ContextWindowLab implements LabBody {
    @Override public void run(LabContext lab) {
        int limit = lab.param("window, tokens", 900, 300, 4000), reserve = lab.param("reserved for the answer", 100, 0, 250);
        int turns = lab.param("turns", 14, 2, 40), width = lab.param("width of the model", 512, 64, 4096);
        var bytes = new ByteTokenizer();
        var rng = lab.rng(1);
        var messages = new ArrayList<ChatMessage>(List.of(ChatMessage.system("You answer briefly and never guess.")));
        double[] turn = new double[turns], wanted = new double[turns], room = new double[turns];
        var sent = new double[ContextWindow.Policy.values().length][turns];
        int over = 0;
        List<ContextWindow.Fit> last = new ArrayList<>();
        for (int t = 0; t < turns; t++) {
            messages.add(ChatMessage.user("Question " + t + " about " + "x".repeat(10 + rng.nextInt(60))));
            turn[t] = t + 1;
            room[t] = limit - reserve;
            last.clear();
            for (var policy : ContextWindow.Policy.values()) {
                if (policy == ContextWindow.Policy.REJECT) continue;
                var fit = new ContextWindow(limit, reserve, policy).fit(ChatFormat.CHATML, bytes, messages);
                wanted[t] = fit.before();
                sent[policy.ordinal()][t] = fit.ids().length;
                if (fit.ids().length + reserve > limit) over++;
                last.add(fit);
            }
            messages.add(ChatMessage.assistant("Answer " + t + ": " + "y".repeat(10 + rng.nextInt(60))));
        }
        lab.figure(Figure.line("Tokens of the prompt, turn by turn", turn, wanted).named("the whole conversation")
                .line("oldest turns dropped", turn, sent[ContextWindow.Policy.DROP_OLDEST.ordinal()])
                .line("middle dropped", turn, sent[ContextWindow.Policy.DROP_MIDDLE.ordinal()]).line("room", turn, room)
                .axes("turn", "tokens").describedAs(
                        "The conversation grows past the room that the reserve leaves; prompts stay below it, in whole turns or to the token."));
        var names = new String[] {"keep head", "keep tail", "drop middle", "drop oldest"};
        var left = new double[4][messages.size() - 1];
        for (int p = 0; p < 4; p++) for (int m = 0; m + 1 < messages.size(); m++) {
            var text = messages.get(m).content();
            for (var kept : last.get(p).messages()) {
                boolean same = kept.content().equals(text);
                boolean part = !kept.content().isEmpty() && kept.role() == messages.get(m).role()
                        && (text.startsWith(kept.content()) || text.endsWith(kept.content()));
                left[p][m] = Math.max(left[p][m], same ? 1 : part ? (double) kept.content().length() / text.length() : 0);
            }
        }
        var columns = new String[messages.size() - 1];
        for (int m = 0; m < columns.length; m++)
            columns[m] = m == 0 ? "system" : messages.get(m).role().label().charAt(0) + "" + (m + 1) / 2;
        lab.figure(Figure.heatmap("What is left of each message at the last turn", left, names, columns).axes("message", "policy")
                .describedAs("System message and last question stay whole under every policy; of the history each keeps another part."));
        int points = 12;
        double[] n = new double[points], attention = new double[points], rest = new double[points];
        var config = DecoderConfig.llama(32_000, 1 << 20, 1, width, 8, 8, 8 * width / 3);
        for (int i = 0; i < points; i++) {
            n[i] = width * (i + 1);
            var cost = ContextCost.of(config, (long) n[i]);
            attention[i] = cost.attention() / 1e9;
            rest[i] = (cost.projections() + cost.mlp()) / 1e9;
        }
        lab.figure(Figure.line("What a prompt costs one layer", n, attention).named("attention, whole square")
                .line("projections and feed-forward", n, rest).axes("tokens", "operations, billions")
                .describedAs("Attention grows with the square of the length and meets the rest at six widths."));
        lab.say("At the last turn %d tokens are wanted, %d may be sent.", (int) wanted[turns - 1], limit - reserve);
        lab.shows("prompts that exceed the window with their reserve", over, exactly(0));
        lab.shows("attention over the rest at six widths", Math.abs(attention[5] / rest[5] - 1), atMost(0.01));
    }
}
