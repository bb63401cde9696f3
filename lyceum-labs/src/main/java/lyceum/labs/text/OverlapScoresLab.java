package lyceum.labs.text;

import static lyceum.labs.Bounds.equalTo;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.text.compare.Bleu;
import lyceum.text.compare.CommonSubsequence;
import lyceum.text.compare.Rouge;

/** What BLEU and ROUGE reward: a stiff copy over a fair paraphrase, and the right words in the wrong order. */
@Lab(topics = {"bleu", "rouge"}, title = "Words in common, and what they do not say")
final class OverlapScoresLab implements LabBody {
    private static final String REFERENCE = "the committee rejected the plan because it was too expensive";
    private static final String[] NAMES = {"stiff copy", "fair paraphrase", "one word, and the sense is reversed", "shuffled"};
    private static final String[] CANDIDATES = {"the committee rejected the plan because it were too expensive",
            "the panel turned the proposal down on grounds of cost", "the committee accepted the plan because it was too expensive",
            "expensive the because plan it rejected was committee too the"};

    @Override public void run(LabContext lab) {
        var smoothing = Bleu.Smoothing.valueOf(lab.choice("smoothing", "NONE", "NONE", "TENTH", "ADD_ONE", "HALVED", "LENGTH"));
        boolean stems = lab.flag("stems", false);
        var bleu = new Bleu().withSmoothing(smoothing);
        var rouge = new Rouge().withStems(stems);
        int n = CANDIDATES.length;
        double[] b = new double[n], one = new double[n], two = new double[n], l = new double[n], s = new double[n];
        var rows = new ArrayList<List<String>>();
        for (int i = 0; i < n; i++) {
            b[i] = bleu.sentence(CANDIDATES[i], REFERENCE).value();
            one[i] = rouge.n(1, CANDIDATES[i], REFERENCE).f1();
            two[i] = rouge.n(2, CANDIDATES[i], REFERENCE).f1();
            l[i] = rouge.l(CANDIDATES[i], REFERENCE).f1();
            s[i] = rouge.s(CANDIDATES[i], REFERENCE).f1();
            rows.add(List.of(NAMES[i], marked(rouge, CANDIDATES[i])));
        }
        lab.say("The reference: \"%s\". In brackets the words of the longest common subsequence.", REFERENCE);
        lab.table("Candidates", List.of("candidate", "text"), rows);
        lab.figure(Figure.bars("Scores of four candidates", NAMES, Series.of("BLEU", b), Series.of("ROUGE-1", one),
                Series.of("ROUGE-2", two), Series.of("ROUGE-L", l), Series.of("ROUGE-S", s)).axes("candidate", "score").describedAs(
                        "The paraphrase, which is right, scores lowest; the sentence with one word changed, which is wrong, scores nearly as the copy."));
        lab.say("%s", bleu.corpus(List.of(CANDIDATES), Collections.nCopies(n, List.of(REFERENCE))));
        var the = new Bleu().sentence("the the the the the the the", "The cat is on the mat .", "There is a cat on the mat .");
        lab.shows("bleu", "clipped matches of seven times \"the\", of 7", the.matches()[0], exactly(1));
        lab.say("Cased as here, one \"the\" of seven is in the reference; lower-cased it would be two: case is part of the measure.");
        lab.shows("rouge", "ROUGE-L of \"police kill the gunman\"",
                new Rouge().l("police kill the gunman", "police killed the gunman").f1(), exactly(0.75));

        int lost = 0, verses = 0;
        var random = new Random(lab.seed());
        for (var chapter : Corpora.kingJames().stream().limit(6).toList()) {
            for (var verse : chapter.text().lines().toList()) {
                var words = new ArrayList<>(new Rouge().words(verse));
                Collections.shuffle(words, random);
                if (new Rouge().l(String.join(" ", words), verse).f1() < 1) lost++;
                verses++;
            }
        }
        lab.shows("rouge", "share of shuffled verses that ROUGE-L notices", (double) lost / verses, equalTo(1, 0.05));
    }

    private static String marked(Rouge rouge, String candidate) {
        var words = rouge.words(candidate);
        var kept = CommonSubsequence.of(words, rouge.words(REFERENCE)).inA();
        var text = new ArrayList<>(words);
        for (int place : kept) text.set(place, "[" + words.get(place) + "]");
        return String.join(" ", text);
    }
}
