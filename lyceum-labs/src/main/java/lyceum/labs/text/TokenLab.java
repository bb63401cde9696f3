package lyceum.labs.text;

import static lyceum.labs.Bounds.atMost;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.TokenCounter;
import lyceum.text.TokenPrice;

/** A text token by token, a budget that it must fit, and the bill. */
@Lab(topics = "token", title = "What a text costs")
final class TokenLab implements LabBody {
    @Override public void run(LabContext lab) {
        var text = lab.text("text", "And Nebuchadnezzar said: café for 153 men, 漢字 for none.", 300);
        int budget = lab.param("token budget", 12, 1, 60), size = lab.param("vocabulary", 2000, 300, 8000);
        double in = lab.param("price of a million tokens in ($)", 3.0, 0.0, 100.0),
                out = lab.param("price of a million tokens out ($)", 15.0, 0.0, 500.0);
        var texts = Corpora.kingJames().limit(150).toList().stream().map(d -> d.text()).toList();
        var counter = new TokenCounter(BpeTrainer.byteLevel(size, PreTokenizer.GPT4).train(texts, lab.progress()));
        var rows = new ArrayList<List<Object>>();
        for (var token : counter.tokens(text))
            rows.add(List.of(token.id(), token.text(), text.substring(token.start(), token.end()), token.bytes().length,
                    token.kind().name().toLowerCase(Locale.ROOT)));
        lab.table("Token by token", List.of("id", "piece", "slice", "bytes", "kind"), rows);
        var head = counter.head(text, budget);
        var tail = counter.tail(text, budget);
        lab.table("Within the budget", List.of("keep", "text", "tokens"), List.of(List.of("all", text, counter.count(text)),
                List.of("head", head, counter.count(head)), List.of("tail", tail, counter.count(tail))));
        var price = TokenPrice.of(String.format(Locale.ROOT, "%.4f", in), "0", String.format(Locale.ROOT, "%.4f", out));
        var calls = new String[] {"short answer", "equal", "long answer"};
        int n = counter.count(texts.get(0));
        double[] inCost = new double[3], outCost = new double[3];
        for (int i = 0; i < 3; i++) {
            inCost[i] = price.of(n, 0, 0).doubleValue();
            outCost[i] = price.of(0, 0, n * (i == 0 ? 1L : i == 1 ? 4L : 16L) / 4).doubleValue();
        }
        lab.figure(Figure.bars("The bill for a chapter read", calls, Series.of("in", inCost), Series.of("out", outCost))
                .axes("answer", "cost ($)")
                .describedAs("At five times the price the answer costs more than the question as soon as it is a fifth as long."));
        int parts = 0;
        for (var word : texts.get(0).split(" ")) parts += counter.count(word);
        lab.say("The chapter has %d tokens, its words counted one by one, without their spaces, %d: counts of parts do not add up.", n,
                parts);
        lab.shows("tokens of the head over the budget", counter.count(head) - budget, atMost(0));
        lab.shows("the pieces' bytes are the text's",
                counter.tokens(text).stream().mapToInt(t -> t.bytes().length).sum() == text.getBytes(StandardCharsets.UTF_8).length);
    }
}
