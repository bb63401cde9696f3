package lyceum.labs.text;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.linalg.Svd;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.lm.Elmo;
import lyceum.text.lm.ElmoConfig;
import lyceum.text.lm.ElmoEmbedding;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Every "bank" of a text on a map: one point in a table of words, two clouds by the layers of a language model that reads both ways. */
@Lab(topics = "elmo", title = "Which bank?")
final class ElmoLab implements LabBody {
    private static final List<String> TOPICS = List.of("money", "water", "music", "sport");
    private static final String[][] WORDS = {"loan coin debt interest clerk price vault cash".split(" "),
            "river fish boat wave deep swim shore mud".split(" "), "song choir drum melody singer organ tune opera".split(" "),
            "team ball goal coach race win match fans".split(" ")};
    private static final String[] FORMS = {"bank", "bass", "score", "pool"};
    private static final int[][] SENSES = {{0, 1}, {1, 2}, {2, 3}, {3, 0}};
    private static final int LENGTH = 6;

    private record Uses(int[][] texts, int[] places, int[] topics, int[] forms) {
        Tensor ids(int... rows) {
            return Tensor.of(Arrays.stream(rows).flatMap(r -> Arrays.stream(texts[r])).toArray(), rows.length, LENGTH);
        }

        Tensor at(Tensor vectors, int... rows) {
            int[] at = IntStream.range(0, rows.length).map(i -> i * LENGTH + places[rows[i]]).toArray();
            return vectors.reshape(-1, vectors.size(2)).indexSelect(0, Tensor.of(at));
        }
    }

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs of the language model", 5, 1, 50), task = lab.param("epochs of the task", 8, 1, 50);
        int width = lab.param("width of a direction", 12, 4, 64), units = lab.param("units", 24, 4, 256);
        var form = lab.choice("word", "bank", "bank", "bass", "score", "pool");
        List<String> words = new ArrayList<>(List.of("<s>", "</s>"));
        for (var topic : WORDS) words.addAll(List.of(topic));
        words.addAll(List.of(FORMS));
        Uses text = uses(words, 640, lab.rng(1)), train = uses(words, 256, lab.rng(2)), test = uses(words, 160, lab.rng(3));
        var elmo = new Elmo(new ElmoConfig(words.size(), width, units), words, lab.rng(4));
        var trainer = new Trainer(new Adam(2e-2), epochs).withBatchSize(64);
        elmo.fit(List.of(text.texts), List.of(), trainer, lab.rng(5), lab.progress());

        int which = List.of(FORMS).indexOf(form);
        var own = IntStream.range(0, test.texts.length).filter(i -> test.forms[i] == which).toArray();
        int[] sense = IntStream.of(own).map(i -> test.topics[i] == SENSES[which][0] ? 0 : 1).toArray();
        var cloud = test.at(Autograd.noGrad(() -> elmo.forward(test.ids(own))).get(2), own).to(DType.F64);
        var centred = cloud.sub(cloud.mean(0));
        var plane = centred.matmul(Svd.of(centred).v().narrow(1, 0, 2));
        lab.figure(Figure
                .scatter("Every \"" + form + "\" at layer 2", plane, sense, TOPICS.get(SENSES[which][0]), TOPICS.get(SENSES[which][1]))
                .axes("first principal axis", "second principal axis")
                .describedAs("A point an occurrence: the language model, which was told nothing of senses, parts them."));
        var vectors = new ElmoEmbedding(elmo);
        vectors.freeze("elmo.*");
        var head = new Linear(elmo.width(), TOPICS.size(), lab.rng(6));
        BatchLoss loss = (rows, pass) -> new CrossEntropy().of(head.forward(train.at(vectors.forward(train.ids(rows), pass), rows), pass),
                Tensor.of(IntStream.of(rows).map(i -> train.topics[i]).toArray()));
        trainer.withEpochs(task).start(new Sequential(vectors, head), train.texts.length, loss, null, lab.rng(7)).finish(lab.progress());
        int[] all = IntStream.range(0, test.texts.length).toArray();
        int[] said = Autograd.noGrad(() -> head.forward(test.at(vectors.forward(test.ids(all)), all))).argmax(1).to(DType.I32).toIntArray();
        double right = IntStream.of(all).filter(i -> said[i] == test.topics[i]).count() / (double) all.length;
        lab.figure(Figure.bar("What the task takes", new String[] {"words", "layer 1", "layer 2"}, vectors.mix().shares())
                .axes("layer", "share s").describedAs("Three bars, a third each at first. The words' own layer cannot tell senses."));
        lab.say("A linear probe is right on %.1f%% of the uses, the best vector a word on half; gamma %.2f.", 100 * right,
                vectors.mix().gamma());
        lab.shows("accuracy of the linear probe", right, atLeast(0.95));
    }

    private static Uses uses(List<String> words, int n, Rng rng) {
        var uses = new Uses(new int[n][LENGTH], new int[n], new int[n], new int[n]);
        for (int i = 0; i < n; i++) {
            uses.forms[i] = i / 2 % FORMS.length;
            uses.topics[i] = SENSES[uses.forms[i]][i % 2];
            uses.places[i] = rng.nextInt(LENGTH);
            for (int t = 0; t < LENGTH; t++) {
                var topic = WORDS[uses.topics[i]];
                uses.texts[i][t] = words.indexOf(t == uses.places[i] ? FORMS[uses.forms[i]] : topic[rng.nextInt(topic.length)]);
            }
        }
        return uses;
    }
}
