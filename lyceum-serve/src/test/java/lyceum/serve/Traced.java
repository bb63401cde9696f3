package lyceum.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.llm.DecoderLM;
import lyceum.serve.schedule.Job;
import lyceum.serve.schedule.KvAllocator;
import lyceum.serve.schedule.PrefixTree;
import lyceum.serve.schedule.Scheduler;
import lyceum.serve.schedule.StepBatch;
import lyceum.serve.schedule.SchedulerOptions;

/** A scheduler and a model without an engine's thread: greedy texts with the logits of each of their ids. */
final class Traced {
    final Scheduler scheduler;
    private static final ModelRunner.Looker NOBODY = new ModelRunner.Looker() {
        @Override public int wanted(StepBatch.Slice slice) { return 0; }

        @Override public void see(StepBatch.Slice slice, int i, float[] logits, int at) {}
    };

    private final ModelRunner runner;
    private final int vocabulary;

    Traced(DecoderLM model, SchedulerOptions options, KvAllocator memory, PrefixTree tree) {
        scheduler = new Scheduler(options, memory, tree);
        runner = new ModelRunner(model, null, memory, DType.F32);
        vocabulary = model.vocabulary();
    }

    /** Of each prompt the logits behind it and behind each id but the last. */
    List<List<float[]>> run(List<int[]> prompts, int most) {
        var jobs = new ArrayList<Job>();
        Map<Job, List<float[]>> logits = new IdentityHashMap<>();
        for (var prompt : prompts) {
            var job = new Job(prompt, most);
            jobs.add(job);
            logits.put(job, new ArrayList<>());
            scheduler.add(job, 0);
        }
        while (!scheduler.isIdle()) {
            var batch = scheduler.next(0);
            var z = runner.logits(batch, null, NOBODY);
            scheduler.computed(batch);
            int at = 0;
            for (var slice : batch.slices()) {
                if (!slice.samples()) continue;
                var row = Arrays.copyOfRange(z, at, at += vocabulary);
                logits.get(slice.job()).add(row);
                if (slice.job().generated() + 1 == most) scheduler.end(slice.job());
                else scheduler.append(slice.job(), largest(row));
            }
        }
        return jobs.stream().map(logits::get).toList();
    }

    static int largest(float[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
        return best;
    }

    static double gap(List<List<float[]>> a, List<List<float[]>> b) {
        double gap = 0;
        for (int i = 0; i < a.size(); i++)
            for (int t = 0; t < a.get(i).size(); t++)
                for (int j = 0; j < a.get(i).get(t).length; j++) gap = Math.max(gap, Math.abs(a.get(i).get(t)[j] - b.get(i).get(t)[j]));
        return gap;
    }

    static List<int[]> ids(List<List<float[]>> logits) {
        return logits.stream().map(rows -> rows.stream().mapToInt(Traced::largest).toArray()).toList();
    }
}
