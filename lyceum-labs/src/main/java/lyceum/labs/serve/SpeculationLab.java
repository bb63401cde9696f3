package lyceum.labs.serve;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.corpus.Corpora;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.llm.LetterDecoder;
import lyceum.llm.SteppedLM;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.serve.speculate.DraftSource;
import lyceum.serve.speculate.ModelDraft;
import lyceum.serve.speculate.SpeculationStatistics;
import lyceum.serve.speculate.SpeculativeDecoder;
import lyceum.text.lm.NGramEstimator;

/** A model of letter pairs drafts for one that knows five letters: what is taken and refused, and how many guesses a pass pay. */
@Lab(topics = "speculative-decoding", title = "The apprentice writes, the master marks")
final class SpeculationLab implements LabBody {
    @Override public void run(LabContext lab) {
        int order = lab.param("letters that the draft sees", 2, 0, 4), guesses = lab.param("guesses a pass", 4, 1, 10);
        double cost = lab.param("cost of a guess in target passes", 0.1, 0.0, 1.0);
        int letters = lab.param("letters", 300, 100, 2000);
        int[] text = LetterDecoder.letters(Corpora.kingJames(), 60_000);
        var target = new SteppedLM(new NGramEstimator(5, 128).fit(List.of(text)));
        var draft = new ModelDraft(new SteppedLM(new NGramEstimator(order + 1, 128).fit(List.of(text))));
        int[] prompt = "And the LORD said".chars().toArray();

        var rounds = new ArrayList<List<?>>();
        var stop = new StopCriteria(letters);
        var request = List.of(new GenerationRequest(prompt, SamplingOptions.DEFAULT, stop, lab.rng(1)));
        var shown = new SpeculativeDecoder(target, watched(draft, rounds)).withGuesses(guesses).run(request, Progress.SILENT);
        lab.table("Pass by pass", List.of("guessed", "taken", "refused", "the target's own"),
                rounds.subList(0, Math.min(25, rounds.size())));
        var written = new StringBuilder();
        for (int id : shown.texts().getFirst().ids()) written.append((char) id);
        lab.say("Written: %s", written.toString().replace('\n', ' '));

        int most = 10;
        double[] found = new double[most], predicted = new double[most];
        double acceptance = shown.statistics().acceptance(), worst = 0;
        for (int g : lab.progress("guesses", most)) {
            var s = new SpeculativeDecoder(target, draft).withGuesses(g + 1).run(request, Progress.SILENT).statistics();
            found[g] = s.tokensPerPass() / ((g + 1) * cost + 1);
            predicted[g] = SpeculationStatistics.speedUp(acceptance, g + 1, cost);
            worst = Math.max(worst, Math.abs(found[g] / predicted[g] - 1));
        }
        int best = SpeculationStatistics.bestGuesses(acceptance, cost, most);
        lab.figure(Figure.plot("Speed-up by the number of guesses").line("as counted", 1, found)
                .line("predicted from the acceptance", 1, predicted).verticalLine(best, "predicted optimum")
                .axes("guesses a pass", "speed-up").describedAs(
                        "Letters a unit of target work against the number of guesses, counted and by Leviathan's formula; it rises, peaks and falls."));
        lab.say("%.0f%% of the guesses looked at are taken; %d a pass are best if a guess costs %.2f passes.", 100 * acceptance, best,
                cost);
        lab.shows("letters a target pass", shown.statistics().tokensPerPass(), above(1));
        lab.shows("largest gap of speed-up to the formula, relative: letters do not depend on chance alone", worst, atMost(0.3));
    }

    /** The same guesses, written down. */
    private static DraftSource watched(DraftSource draft, List<List<?>> rounds) {
        return (prompts, sampling, streams) -> {
            var session = draft.start(prompts, sampling, streams);
            return new DraftSource.Session() {
                private DraftSource.Draft last;

                @Override public List<DraftSource.Draft> propose(int most) {
                    var all = session.propose(most);
                    last = all.getFirst();
                    return all;
                }

                @Override public void advance(int row, int... ids) {
                    int taken = ids.length - 1;
                    var guessed = letters(last.ids(), 0, last.ids().length);
                    rounds.add(List.of(guessed, guessed.substring(0, taken), guessed.substring(taken), letters(ids, taken, ids.length)));
                    session.advance(row, ids);
                }

                @Override public void keep(int... rows) { session.keep(rows); }
            };
        };
    }

    private static String letters(int[] ids, int from, int to) {
        var text = new StringBuilder();
        for (int i = from; i < to; i++) text.append(ids[i] < 33 ? '\u00b7' : (char) ids[i]);
        return text.toString();
    }
}
