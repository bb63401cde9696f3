package lyceum.studio.web;

import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import lyceum.labs.run.LabJson;

/** Sends what was made: compressed where the client takes it, and not again where it has it. */
final class Reply {

    private static final int WORTH_ZIPPING = 1024;

    private Reply() {}

    static void html(Context context, String page) { body(context, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8)); }

    /** Sends a value as JSON. */
    static void json(Context context, Object value) {
        body(context, "application/json", LabJson.write(value).getBytes(StandardCharsets.UTF_8));
    }

    /** Sends an error to a program: a sentence, and what may help. */
    static void error(Context context, int status, String sentence, Map<String, ?> more) {
        var body = new LinkedHashMap<String, Object>();
        body.put("error", sentence);
        body.putAll(more);
        context.status(status);
        json(context, body);
    }

    /** Sends bytes that may differ the next time. */
    static void body(Context context, String type, byte[] bytes) {
        context.contentType(type).header("Vary", "Accept-Encoding, HX-Request, Cookie");
        if (context.statusCode() == 200) {
            var crc = new CRC32C();
            crc.update(bytes);
            var tag = "W/\"" + Long.toHexString(crc.getValue()) + "-" + bytes.length + "\"";
            context.header("ETag", tag).header("Cache-Control", "no-cache");
            if (tag.equals(context.header("If-None-Match"))) {
                context.status(304);
                return;
            }
        } else {
            context.header("Cache-Control", "no-store");
        }
        if (bytes.length >= WORTH_ZIPPING && zips(context)) {
            context.header("Content-Encoding", "gzip").result(Assets.gzip(bytes));
        } else {
            context.result(bytes);
        }
    }

    /** Sends a sound, or the part of it that a player asks for, as those do in which one may jump: {@code Range: bytes=100-199}. */
    static void playable(Context context, String type, byte[] bytes) {
        context.contentType(type).header("Accept-Ranges", "bytes").header("Cache-Control", "no-cache");
        var range = context.header("Range");
        if (range == null || !range.matches("bytes=\\d{1,9}-\\d{0,9}")) {
            context.result(bytes);
            return;
        }
        int dash = range.indexOf('-'), from = Integer.parseInt(range.substring("bytes=".length(), dash));
        int last = dash == range.length() - 1 ? Integer.MAX_VALUE : Integer.parseInt(range.substring(dash + 1));
        int to = Math.min(last, bytes.length - 1);
        if (from > to) {
            context.status(416).header("Content-Range", "bytes */" + bytes.length);
            return;
        }
        context.status(206).header("Content-Range", "bytes " + from + "-" + to + "/" + bytes.length)
                .result(Arrays.copyOfRange(bytes, from, to + 1));
    }

    /** Sends a static file of this build. */
    static void asset(Context context, Assets assets, String hash, String name) {
        var asset = assets.find(name).orElseThrow(() -> new Safety.Refused(404, "There is no static file of that name."));
        context.contentType(asset.type()).header("Vary", "Accept-Encoding").header("Cache-Control",
                assets.current(hash) ? "public, max-age=31536000, immutable" : "no-cache");
        if (asset.compressible() && zips(context)) {
            context.header("Content-Encoding", "gzip").result(assets.gzip(name));
        } else {
            context.result(asset.bytes());
        }
    }

    private static boolean zips(Context context) {
        var accepted = context.header("Accept-Encoding");
        return accepted != null && accepted.contains("gzip");
    }
}
