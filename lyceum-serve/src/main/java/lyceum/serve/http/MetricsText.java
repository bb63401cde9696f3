package lyceum.serve.http;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import lyceum.serve.EngineMetrics;

/** An engine's counts as Prometheus reads them, under our names and under vLLM's. */
final class MetricsText {
    private MetricsText() {}

    private record Row(String kind, String help, double value) {}

    static String of(String model, EngineMetrics m) {
        // of each text that is over, one id was drawn where the prompt ends and not where an id of its own was read
        long read = Math.max(0, m.computedTokens() - m.guessed() - Math.max(0, m.generatedTokens() - m.accepted() - m.finished()));
        var rows = new TreeMap<String, Row>();
        rows.put("num_requests_running", new Row("gauge", "Requests with memory.", m.running()));
        rows.put("num_requests_waiting", new Row("gauge", "Requests without.", m.waiting()));
        rows.put("kv_cache_usage_perc", new Row("gauge", "Share of blocks that are taken.", m.occupancy()));
        rows.put("prefix_cache_hits_total", new Row("counter", "Positions that were known.", m.reusedTokens()));
        rows.put("prefix_cache_queries_total",
                new Row("counter", "Positions of prompts that were known or read.", m.reusedTokens() + read));
        rows.put("prompt_tokens_total", new Row("counter", "Ids that the model read and did not draw.", read));
        rows.put("generation_tokens_total", new Row("counter", "Ids that were drawn.", m.generatedTokens()));
        rows.put("request_success_total", new Row("counter", "Requests that ended by themselves.", m.finished()));
        rows.put("request_failure_total", new Row("counter", "Requests that went wrong.", m.failed()));
        rows.put("request_aborted_total", new Row("counter", "Requests that somebody stopped.", m.cancelled()));
        rows.put("num_preemptions_total", new Row("counter", "How often a request lost its memory.", m.preemptions()));
        rows.put("engine_steps_total", new Row("counter", "Passes of the model.", m.steps()));
        rows.put("spec_decode_num_draft_tokens_total", new Row("counter", "Ids that were guessed.", m.guessed()));
        rows.put("spec_decode_num_accepted_tokens_total", new Row("counter", "Guesses that were right.", m.accepted()));
        rows.put("request_residence_seconds_total", new Row("counter", "Time from submission to end, summed.", m.residenceSeconds()));
        var text = new StringBuilder();
        for (var prefix : new String[] {"lyceum:", "vllm:"})
            rows.forEach((name, row) -> line(text, prefix + name, row, Map.of("model_name", model)));
        return text.toString();
    }

    private static void line(StringBuilder text, String name, Row row, Map<String, String> labels) {
        text.append("# HELP ").append(name).append(' ').append(row.help).append("\n# TYPE ").append(name).append(' ').append(row.kind)
                .append('\n').append(name).append('{');
        labels.forEach((key, value) -> text.append(key).append("=\"")
                .append(value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")).append('"'));
        text.append("} ").append(row.value == Math.rint(row.value) && Math.abs(row.value) < 1e15 ? Long.toString((long) row.value)
                : String.format(Locale.ROOT, "%.6g", row.value)).append('\n');
    }
}
