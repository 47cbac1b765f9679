import java.io.*;
import java.nio.charset.StandardCharsets;
import java.util.regex.*;

/** Reads lines of pattern, text and replacement, each in UTF-16 as hexadecimal, and writes the release of Java and what its java.util.regex makes of them. */
public class Oracle {
    public static void main(String[] args) throws IOException {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        var out = new PrintStream(new BufferedOutputStream(System.out), false, "US-ASCII");
        out.println(Runtime.version().feature());
        for (String line; (line = in.readLine()) != null; ) {
            String[] parts = line.split(",", -1);
            out.println(answer(text(parts[0]), text(parts[1]), text(parts[2])));
        }
        out.flush();
    }

    static String answer(String pattern, String text, String replacement) {
        Pattern p;
        try {
            p = Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            return "refused " + hex(e.getMessage());
        } catch (RuntimeException e) {
            return "broken " + e.getClass().getName();
        }
        var b = new StringBuilder();
        try {
            Matcher m = p.matcher(text);
            b.append(m.matches() ? "matches" + groups(m) : "-");
            m = p.matcher(text);
            while (m.find()) b.append(" found").append(groups(m));
        } catch (StackOverflowError | RuntimeException e) {
            return "broken " + e.getClass().getName();
        }
        try {
            String replaced = p.matcher(text).replaceAll(replacement);
            // Half a pair becomes a question mark, as in everything that Java writes.
            b.append(" replaced ").append(hex(new String(replaced.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            b.append(" error ").append(hex(e.getMessage()));
        }
        return b.toString();
    }

    static String groups(Matcher m) {
        var b = new StringBuilder();
        for (int i = 0; i <= m.groupCount(); i++) b.append(' ').append(m.start(i)).append(':').append(m.end(i));
        return b.toString();
    }

    static String text(String hex) {
        var b = new StringBuilder();
        for (int i = 0; i < hex.length(); i += 4) b.append((char) Integer.parseInt(hex.substring(i, i + 4), 16));
        return b.toString();
    }

    static String hex(String text) {
        var b = new StringBuilder();
        for (char c : text.toCharArray()) b.append(String.format("%04x", (int) c));
        return b.toString();
    }
}
