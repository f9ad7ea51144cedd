#!/usr/bin/env pwsh
# Launch an instance in Oracle's cloud whose first boot makes it a k3s server (cloud-init-k3s.yaml).
#
#   oci_launch_instance.ps1 -CompartmentId OCID -SubnetId OCID -ImageId OCID -AvailabilityDomain NAME
#                           -SshPublicKeyFile FILE [-DisplayName k3s-server] [-Shape VM.Standard.A1.Flex]
#                           [-Ocpus 2] [-MemoryInGBs 12] [-DryRun]
#   oci_launch_instance.ps1 -Help
#
# Needs Oracle's command-line program oci, set up with `oci setup config`. -DryRun prints the command and asks nobody.
# Run twice, it refuses: an instance of that name is there already, whatever its state. An instance costs money until it
# is terminated.
#
# Exit codes: 0 it runs; 1 it does not; 2 wrong arguments.
# What it does not know it refuses: a -WhatIf that is ignored would cost money.
[CmdletBinding(PositionalBinding = $false)]
param(
    [string] $CompartmentId,
    [string] $SubnetId,
    [string] $ImageId,
    [string] $AvailabilityDomain,
    [string] $SshPublicKeyFile,
    [string] $DisplayName = 'k3s-server',
    [string] $Shape = 'VM.Standard.A1.Flex',
    [int] $Ocpus = 2,
    [int] $MemoryInGBs = 12,
    [switch] $DryRun,
    [switch] $Help
)

function Stop-WithReason([int] $Code, [string] $Thing, [string] $Reason, [string] $NextStep) {
    [Console]::Error.WriteLine("oci_launch_instance.ps1: ${Thing}: ${Reason}; next: $NextStep")
    exit $Code
}

if ($Help) {
    Get-Content $PSCommandPath | Select-Object -Skip 1 | Where-Object { $_ -match '^#' } |
        ForEach-Object { $_ -replace '^# ?', '' }
    exit 0
}
foreach ($name in 'CompartmentId', 'SubnetId', 'ImageId', 'AvailabilityDomain', 'SshPublicKeyFile') {
    if (-not (Get-Variable $name -ValueOnly)) {
        Stop-WithReason 2 'arguments' "-$name is missing" 'oci_launch_instance.ps1 -Help'
    }
}
if (-not (Test-Path $SshPublicKeyFile)) {
    Stop-WithReason 1 $SshPublicKeyFile 'there is no such file' 'ssh-keygen -t ed25519'
}
# A private key would be readable by whoever may look at the instance.
if (-not (Select-String -Quiet -Pattern '^(ssh|ecdsa)-' -Path $SshPublicKeyFile)) {
    Stop-WithReason 1 $SshPublicKeyFile 'it is no public key' 'the file whose name ends in .pub'
}

$launch = @(
    'compute', 'instance', 'launch',
    '--compartment-id', $CompartmentId,
    '--subnet-id', $SubnetId,
    '--image-id', $ImageId,
    '--availability-domain', $AvailabilityDomain,
    '--display-name', $DisplayName,
    '--shape', $Shape,
    '--shape-config', "{`"ocpus`":$Ocpus,`"memoryInGBs`":$MemoryInGBs}",
    '--assign-public-ip', 'true',
    '--ssh-authorized-keys-file', $SshPublicKeyFile,
    '--user-data-file', (Join-Path $PSScriptRoot 'cloud-init-k3s.yaml'),
    '--wait-for-state', 'RUNNING'
)
if ($DryRun) {
    "+ oci $($launch -join ' ')"
    exit 0
}
if (-not (Get-Command oci -ErrorAction SilentlyContinue)) {
    Stop-WithReason 1 'oci' 'it is not on PATH' 'pip install oci-cli && oci setup config'
}
$listed = oci compute instance list --compartment-id $CompartmentId --display-name $DisplayName --all --output json
if ($LASTEXITCODE -ne 0) {
    Stop-WithReason 1 "compartment $CompartmentId" 'oci cannot list its instances, see above' 'oci setup config'
}
# TERMINATING and TERMINATED are gone for good; whatever else there is runs, or will.
if ("$listed" -match '"lifecycle-state": "(?!TERMINAT)') {
    Stop-WithReason 1 "instance $DisplayName" 'it is there already' 'oci_launch_instance.ps1 ... -DisplayName ANOTHER'
}
oci @launch
if ($LASTEXITCODE -ne 0) {
    Stop-WithReason 1 "instance $DisplayName" 'it was not launched, see above' `
        "oci compute instance list --compartment-id $CompartmentId --display-name $DisplayName"
}
