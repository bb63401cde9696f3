package lyceum.studio.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;

/**
 * Stylesheets, scripts and fonts. All are named here and read once, so that no request decides what is read; their address
 * carries a hash of their content, so that a browser may keep them for ever.
 */
final class Assets {

    /** A file as it is sent. */
    record Asset(String type, byte[] bytes, boolean compressible) {}

    private static final String OWN = "lyceum/studio/static/";
    private static final String[] NAMES = {"base.css", "pages.css", "topic.css", "studio.js", "figures.js", "lab.js", "site.js", "mark.svg",
            "chevron.svg", "fonts/inter.woff2", "fonts/source-serif.woff2", "fonts/source-serif-italic.woff2", "vendor/vega.min.js",
            "vendor/vega-lite.min.js", "vendor/vega-embed.min.js"};
    private static final String[] KATEX_FONTS = {"AMS-Regular", "Caligraphic-Bold", "Caligraphic-Regular", "Fraktur-Bold",
            "Fraktur-Regular", "Main-Bold", "Main-BoldItalic", "Main-Italic", "Main-Regular", "Math-BoldItalic", "Math-Italic",
            "SansSerif-Bold", "SansSerif-Italic", "SansSerif-Regular", "Script-Regular", "Size1-Regular", "Size2-Regular", "Size3-Regular",
            "Size4-Regular", "Typewriter-Regular"};

    private final Map<String, Asset> files = new LinkedHashMap<>();
    private final Map<String, byte[]> zipped = new ConcurrentHashMap<>();
    private final String hash;

    Assets() {
        for (var name : NAMES) {
            add(name, read(OWN + name));
        }
        var katex = webjar("katex") + "/dist/";
        add("katex/katex.min.js", read(katex + "katex.min.js"));
        // Every browser that reads the rest of the page reads woff2: the other formats would only be weight.
        var css = new String(read(katex + "katex.min.css"), StandardCharsets.UTF_8)
                .replaceAll(",url\\([^)]*\\.(?:woff|ttf)\\) format\\(\"[^\"]*\"\\)", "");
        add("katex/katex.min.css", css.getBytes(StandardCharsets.UTF_8));
        for (var font : KATEX_FONTS) {
            var file = "fonts/KaTeX_" + font + ".woff2";
            add("katex/" + file, read(katex + file));
        }
        add("htmx.min.js", read(webjar("htmx.org") + "/dist/htmx.min.js"));
        hash = digest();
    }

    /** Address of a file. */
    String url(String name) {
        if (!files.containsKey(name)) throw new IllegalArgumentException("there is no static file " + name);
        return "/assets/" + hash + "/" + name;
    }

    /** The file of that name, if there is one. */
    Optional<Asset> find(String name) { return Optional.ofNullable(files.get(name)); }

    /** The names of all files. */
    Set<String> names() { return Collections.unmodifiableSet(files.keySet()); }

    /** Whether an address made by {@link #url} is of this build. */
    boolean current(String wanted) { return hash.equals(wanted); }

    /** The file compressed, made at its first use. */
    byte[] gzip(String name) { return zipped.computeIfAbsent(name, n -> gzip(files.get(n).bytes())); }

    static byte[] gzip(byte[] bytes) {
        var out = new ByteArrayOutputStream(bytes.length / 3);
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private void add(String name, byte[] bytes) {
        var extension = name.substring(name.lastIndexOf('.') + 1);
        files.put(name, switch (extension) {
            case "css" -> new Asset("text/css; charset=utf-8", bytes, true);
            case "js" -> new Asset("text/javascript; charset=utf-8", bytes, true);
            case "svg" -> new Asset("image/svg+xml", bytes, true);
            case "woff2" -> new Asset("font/woff2", bytes, false);
            default -> throw new IllegalStateException("no media type for " + name);
        });
    }

    /** Two checksums of everything: a few milliseconds where a cryptographic hash, of which nothing here has need, takes thirty. */
    private String digest() {
        var one = new CRC32();
        var other = new CRC32C();
        files.forEach((name, file) -> {
            one.update(name.getBytes(StandardCharsets.UTF_8));
            one.update(file.bytes());
            other.update(file.bytes());
        });
        return HexFormat.of().toHexDigits((int) one.getValue()) + HexFormat.of().toHexDigits((int) other.getValue());
    }

    /** Folder of a WebJar; its version is the one on the class path. */
    private static String webjar(String name) {
        var properties = new Properties();
        try (var in = Assets.class.getClassLoader().getResourceAsStream("META-INF/maven/org.webjars.npm/" + name + "/pom.properties")) {
            if (in == null) throw new IllegalStateException("the WebJar " + name + " is not on the class path");
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "META-INF/resources/webjars/" + name + "/" + properties.getProperty("version");
    }

    private static byte[] read(String resource) {
        try (var in = Assets.class.getClassLoader().getResourceAsStream(resource)) {
            if (in == null) throw new IllegalStateException("the studio's file " + resource + " is not on the class path");
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
