package lyceum.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.GenerationRequest.Likely;
import lyceum.llm.generate.LogitRow;
import lyceum.serve.schedule.Job;
import lyceum.serve.schedule.StepBatch;

/** Writes down how likely the prompts of requests that are scored were, as steps compute their places. For the engine's thread. */
final class PromptScorer implements ModelRunner.Looker {
    private final Map<Job, LiveRequest> live;
    private final LogitRow row;
    private final LogitFault fault;
    private final int startMark;

    PromptScorer(DecoderLM model, Map<Job, LiveRequest> live, LogitRow row, LogitFault fault) {
        this.live = live;
        this.row = row;
        this.fault = fault;
        startMark = model.startMark() == model.endMark() ? -1 : model.startMark();
    }

    /** For a prompt of so many ids, of which none is computed yet. */
    static PromptScores empty(int ids) {
        var unknown = new double[ids - 1];
        Arrays.fill(unknown, Double.NaN);
        return new PromptScores(unknown, new ArrayList<>(Collections.nCopies(ids - 1, List.<Likely>of())));
    }

    @Override public int wanted(StepBatch.Slice slice) {
        if (!live.get(slice.job()).request.scored()) return 0;
        return Math.max(0, Math.min(slice.start() + slice.count(), slice.job().promptLength() - 1) - slice.start());
    }

    @Override public void see(StepBatch.Slice slice, int i, float[] logits, int at) {
        var request = live.get(slice.job());
        if (request.broken != null) return;
        try {
            row.load(logits, at);
            if (startMark >= 0) row.ban(startMark);
            int place = slice.start() + i;
            request.scores.logProbabilities()[place] = row.logProbability(slice.job().id(place + 1));
            request.scores.likeliest().set(place, row.likeliest(request.request.likeliest()));
        } catch (IllegalArgumentException | IllegalStateException e) {
            request.broken = fault.of(request, e, logits, at, row.vocabulary()); // it fails alone
        }
    }
}
