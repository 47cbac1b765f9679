// Package javaregex compiles and runs patterns of java.util.regex, as Java 17 and newer understand them.
//
// Neither Go's regexp nor regexp2 (which follows .NET) gives Java's answers: they have other empty iterations, other
// captures after something was tried in vain, other bounds of look-behind, other classes and other texts for mistakes.
// Translating a pattern for them would be exact for simple ones only, so the package has a parser and a backtracking
// matcher of its own, whose parts behave like those of Java one by one. Text is looked at as Java does, in UTF-16 units.
//
// A pattern that is accepted means what it means in Java. What would not is refused with its place: extended grapheme
// clusters (\X, \b{g}), characters by name (\N{…}), emoji and a few other properties that depend on the release of Java,
// and halves of surrogate pairs. Letters and other classes of characters are those of the Unicode version of Go.
//
// Time and memory are bounded: a pattern has at most [MaxPattern] bytes and 200 levels, repetitions are not unfolded, and
// a match takes a limited number of steps. Positions at which a repetition was tried in vain are remembered, so that
// (a+)+$ takes no exponential time; what still takes too long ends with [ErrTooExpensive].
package javaregex
