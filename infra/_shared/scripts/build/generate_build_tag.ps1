#!/usr/bin/env pwsh
# Print the tag of an App repository's image, to be written into an overlay: what its scripts/ci.sh calls it.
#
#   generate_build_tag.ps1 [APP_REPOSITORY]      (the current directory)
#
# vX.Y.Z where HEAD carries that Git tag, else sha- and the first seven digits of the commit. A tag names what is
# committed and never moves; `latest` is no such tag, and nothing deploys it.
#
# The same as generate_build_tag.sh, for machines without a shell.
[CmdletBinding()]
param([string] $Repository = '.')

function Stop-WithReason([string] $Reason, [string] $NextStep) {
    [Console]::Error.WriteLine("generate_build_tag.ps1: $Reason`n  next: $NextStep")
    exit 1
}

$revision = git -C $Repository rev-parse --quiet --verify HEAD
if ($LASTEXITCODE -ne 0) {
    Stop-WithReason "${Repository}: no commit here that a tag could name" 'generate_build_tag.ps1 APP_REPOSITORY'
}
$changes = git -C $Repository status --porcelain '--' '.'
if ($changes) {
    Stop-WithReason "${Repository}: a tag names what is committed, and this is not:`n$($changes -join "`n")" `
        'git add . && git commit   # or: git stash --include-untracked'
}
$release = git -C $Repository tag --points-at HEAD '--sort=-version:refname' |
    Where-Object { $_ -cmatch '^v[0-9]+\.[0-9]+\.[0-9]+$' } |
    Select-Object -First 1
# With a prefix, for seven digits can all be decimal, and YAML reads those as a number.
if ($release) { $release } else { "sha-$($revision.Substring(0, 7))" }
