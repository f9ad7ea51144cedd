kubectl create namespace lab-3
